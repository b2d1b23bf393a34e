#include <sys/stat.h>

#include <QtCore/QTemporaryDir>
#include <QtGui/QImage>
#include <QtTest>

#include "cli/cli_process.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

class TstBadInput : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString at(const QString& name) const { return folder_.filePath(name); }
  void write(const QString& name, const QByteArray& bytes) const {
    QFile file(at(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
  }

  /// Fails with `code`, says something, writes nothing new.
  void refuses(const QStringList& arguments, int code) const {
    const QStringList before =
        QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System);
    const CliRun run = runCli(arguments, folder_.path(), 30000);
    QVERIFY2(run.exitCode == code, qPrintable(arguments.join(' ').left(300) + " -> " +
                                              QString::number(run.exitCode) + "\n" + run.err));
    QVERIFY(run.err.size() > 20);
    QCOMPARE(QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System),
             before);
  }

 private Q_SLOTS:
  void initTestCase() {
    writeMesh(at("cube.stl").toStdString(), makeCube(10.f), {});
    QImage dot(64, 64, QImage::Format_ARGB32);
    dot.fill(Qt::red);
    dot.save(at("red.png"));
    dot.fill(Qt::transparent);
    dot.save(at("clear.png"));
    write("empty.stl", "");
    write("empty.png", "");
    QFile cube(at("cube.stl"));
    QVERIFY(cube.open(QIODevice::ReadOnly));
    const QByteArray bytes = cube.readAll();
    write("short.stl", bytes.left(bytes.size() / 2));
    QByteArray lying = bytes;
    lying[83] = '\x7f';  // two thousand million triangles
    write("lying.stl", lying);
    write("none.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\n");
    write("wild.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 99\n");
    write("nan.obj", "v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
    write("line.obj", "v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n");
    write("flat.obj", "v 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n");
    write("lying.npy", QByteArray("\x93NUMPY\x01\x00", 8) + QByteArray("\xff\xff", 2) + "{");
    writeLabels(at("five.npy").toStdString(), std::vector<std::int32_t>(5, 0));
    writeLabels(at("nobody.npy").toStdString(), std::vector<std::int32_t>(12, -1));
    QVERIFY(QDir(folder_.path()).mkdir("folder.stl"));
    QVERIFY(QFile::link("/dev/zero", at("zero.stl")) && QFile::link("/dev/null", at("null.stl")));
    QCOMPARE(::mkfifo(at("pipe.stl").toLocal8Bit().constData(), 0600), 0);
    QCOMPARE(::mkfifo(at("pipe.png").toLocal8Bit().constData(), 0600), 0);
  }

  void meshesThatAreNone() {
    for (const char* name : {"empty.stl", "short.stl", "lying.stl", "folder.stl", "pipe.stl",
                             "absent.stl", "zero.stl", "null.stl"}) {
      refuses({"info", name}, 4);
      refuses({"export", name, "-o", "out.stl"}, 4);
      refuses({"segment", name, "--labels", "out.npy"}, 4);
    }
    for (const char* name : {"nan.obj", "wild.obj", "none.obj"}) {
      const int code = runCli({"info", name}, folder_.path()).exitCode;
      QVERIFY2(code == 3 || code == 4, name);
    }
  }

  void meshesThatAreNothing() {
    refuses({"info", "line.obj"}, 3);
    refuses({"segment", "line.obj", "--labels", "out.npy"}, 3);
    refuses({"export", "line.obj", "-o", "out.stl"}, 3);
    QVERIFY(runCli({"info", "line.obj"}, folder_.path()).err.contains("has no area"));
    const CliRun flat = runCli({"info", "flat.obj"}, folder_.path());
    QCOMPARE(flat.exitCode, 0);
    QVERIFY2(flat.out.contains("no inside"), flat.out);
  }

  void picturesThatAreNone() {
    for (const char* name :
         {"empty.png", "folder.stl", "pipe.png", "absent.png", "/dev/zero", "cube.stl"})
      refuses({"generate", name, "-o", "out.stl"}, 4);
    refuses({"generate", "clear.png", "-o", "out.stl"}, 3);
    refuses({"make", "clear.png", "-o", "out"}, 3);
  }

  void labelsThatDoNotFit() {
    refuses({"complete", "cube.stl", "--labels", "five.npy", "-o", "out"}, 3);
    refuses({"complete", "cube.stl", "--labels", "nobody.npy", "-o", "out"}, 3);
    refuses({"complete", "cube.stl", "--labels", "lying.npy", "-o", "out"}, 4);
    refuses({"complete", "cube.stl", "--labels", "absent.npy", "-o", "out"}, 4);
  }

  void numbersOutOfRange() {
    refuses({"generate", "red.png", "-o", "out.stl", "--size-mm", "-3"}, 3);
    refuses({"generate", "red.png", "-o", "out.stl", "--size-mm", "nan"}, 3);
    refuses({"segment", "cube.stl", "--labels", "out.npy", "--parts", "-1"}, 3);
    refuses({"segment", "cube.stl", "--labels", "out.npy", "--click", "1,2"}, 2);
    refuses({"segment", "cube.stl", "--labels", "out.npy", "--not", "1,2,3"}, 3);
    refuses({"generate"}, 2);
    refuses({"dance"}, 2);
    refuses({"generate", "red.png", "-o", "out.stl", "--model", "hunyuan"}, 6);
    refuses({"generate", "red.png", "-o", "out.stl", "--memory-limit", "100MB"}, 5);
    refuses({"generate", "red.png", "-o", "out.stl", "--memory-limit", "6 apples"}, 2);
  }

  void placesThatCannotBeWritten() {
    refuses({"export", "cube.stl", "-o", "no/such/folder/out.stl"}, 4);
    refuses({"export", "cube.stl", "-o", "/proc/out.stl"}, 4);
    refuses({"export", "cube.stl", "-o", QString(300, 'x') + ".stl"}, 4);
    refuses({"make", "red.png", "-o", "cube.stl"}, 4);
    QVERIFY(runCli({"info", "cube.stl"}, folder_.path()).exitCode == 0);  // still whole
  }

  void namesArePlainBytes() {
    for (const QString& name : {QString("with space.stl"), QString("it's \"quoted\".stl"),
                                QString::fromUtf8("teapot 🫖.stl"), QString("-o.stl")}) {
      const CliRun run = runCli({"export", "cube.stl", "-o", at(name)}, folder_.path());
      QVERIFY2(run.exitCode == 0, run.err);
      QVERIFY(QFile::exists(at(name)));
      QCOMPARE(runCli({"info", at(name)}).exitCode, 0);
    }
  }
};

QTEST_GUILESS_MAIN(TstBadInput)
#include "tst_bad_input.moc"
