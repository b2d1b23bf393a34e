// Reads one file and answers through kReplyDescriptor. Started by readApart(), never by hand:
//
//   maquette-reader BYTES SECONDS mesh FILE [MM_PER_UNIT]
//   maquette-reader BYTES SECONDS picture FILE

#include <QGuiApplication>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "child/process.h"
#include "child/reply.h"
#include "core/base/log.h"
#include "io/mesh_file.h"
#include "picture/picture_file.h"

namespace maquette {
namespace {

/// Tells the parent now and then how far the reading is.
class ProgressTeller {
 public:
  explicit ProgressTeller(ReplyWriter& writer)
      : thread_([this, &writer](const std::stop_token& stop) { tell(writer, stop); }) {}
  Context context() const { return {{}, progress_}; }

 private:
  void tell(ReplyWriter& writer, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any waiting;
    std::unique_lock lock(mutex);
    while (!waiting.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; })) {
      if (stop.stop_requested()) return;
      const Progress::Snapshot now = progress_->snapshot();
      writer.progress(now.fraction, now.stage);
    }
  }

  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
  std::jthread thread_;  // last: it uses what is above, and ends first
};

void readAndAnswer(const std::vector<std::string>& arguments, ReplyWriter& writer,
                   const Context& ctx) {
  if (arguments[0] == "mesh") {
    ReadOptions options;
    if (arguments.size() > 2) options.mmPerUnit = std::strtof(arguments[2].c_str(), nullptr);
    const ReadResult result = readMeshHere(arguments[1], options, ctx);
    for (const std::string& note : result.notes) writer.note(note);
    writer.mesh(result.mesh);
  } else {
    // Text in a drawing needs fonts, which need an application; no display is asked for.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString& message) {
      log("qt")->info("{}", message.toStdString());
    });
    int argc = 1;
    char name[] = "maquette-reader";
    char* argv[] = {name, nullptr};
    const QGuiApplication application(argc, argv);
    const Picture result = readPictureHere(arguments[1], ctx);
    if (!result.note.empty()) writer.note(result.note);
    writer.picture(result.image);
  }
}

int run(const std::vector<std::string>& arguments) {
  const bool known = arguments.size() >= 4 && (arguments[2] == "mesh" || arguments[2] == "picture");
  if (!known) {
    std::fputs("maquette-reader is a part of Maquette, which starts it to read a file.\n", stderr);
    return 2;
  }
  confineThisProcess(std::strtoull(arguments[0].c_str(), nullptr, 10),
                     std::strtoull(arguments[1].c_str(), nullptr, 10));
  setLogLevel(1);
  ReplyWriter writer(kReplyDescriptor);
  try {
    const ProgressTeller teller(writer);
    readAndAnswer({arguments.begin() + 2, arguments.end()}, writer, teller.context());
  } catch (...) {
    writer.failure(std::current_exception());
  }
  return 0;
}

}  // namespace
}  // namespace maquette

int main(int argc, char** argv) {
  const int code = maquette::run({argv + 1, argv + argc});
  std::fflush(stderr);
  std::_Exit(code);  // all is said; giving back what a large scene holds only takes time
}
