#include "child/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr int kPollMs = 20;          // how late a request to stop may be noticed
constexpr int kPipeBytes = 1 << 20;  // the usual 64 KiB cost a switch of processes each

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

[[noreturn]] void cannotStart(const std::filesystem::path& program, int code) {
  throw Unsupported("Maquette's own reader of files cannot be started. Install Maquette again.",
                    program.string() + ": " + std::strerror(code));
}

/// What a spawned process gets: no standard input or output, the reply's pipe, and no signal
/// handling of ours. A process group of its own, so that Ctrl+C is for the parent to answer.
class SpawnSettings {
 public:
  explicit SpawnSettings(int reply) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, reply, kReplyDescriptor);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, kReplyDescriptor + 1);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

void setLimit(__rlimit_resource resource, std::uint64_t most) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, most);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(resource, &limit);
}

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannotStart(program, errno);
  (void)::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);  // faster, not needed
  std::string name = program.string();
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv{name.data()};
  for (std::string& copy : copies) argv.push_back(copy.data());
  argv.push_back(nullptr);
  const SpawnSettings settings(ends[1]);
  const int code = ::posix_spawn(&pid_, name.c_str(), &settings.actions, &settings.attributes,
                                 argv.data(), environ);
  ::close(ends[1]);
  reply_ = ends[0];
  if (code == 0) return;
  ::close(reply_);
  cannotStart(program, code);
}

ChildProcess::~ChildProcess() {
  kill();
  wait();
  ::close(reply_);
}

std::size_t ChildProcess::read(void* to, std::size_t bytes, Clock::time_point deadline,
                               const Context& ctx) {
  while (true) {
    pollfd waited{reply_, POLLIN, 0};
    const int ready = ::poll(&waited, 1, kPollMs);
    if (ctx.stopRequested()) kill();
    ctx.check();
    if (Clock::now() > deadline) {
      kill();
      throw TimedOut{};
    }
    if (ready <= 0) continue;  // a signal came, or nothing yet
    const ssize_t got = ::read(reply_, to, bytes);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return 0;
  }
}

void ChildProcess::kill() noexcept {
  if (!ended_) ::kill(pid_, SIGKILL);
}

Ending ChildProcess::wait() {
  int status = 0;
  while (!ended_) {
    const pid_t gone = ::waitpid(pid_, &status, 0);
    if (gone < 0 && errno == EINTR) continue;
    ended_ = true;
    if (gone == pid_)
      ending_ = {WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)};
  }
  return ending_;
}

void followParent(std::uint64_t seconds) {
  setLimit(RLIMIT_CPU, seconds);
  setLimit(RLIMIT_CORE, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void confineThisProcess(std::uint64_t bytes, std::uint64_t seconds) {
  followParent(seconds);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if constexpr (kSanitized) return;
  ::prctl(PR_SET_DUMPABLE, 0);  // a core dump may go to a program, whatever the limit says
  setLimit(RLIMIT_AS, bytes);
}

std::filesystem::path helperProgram(const std::string& name) {
  const std::filesystem::path folder = programFolder();
  std::filesystem::path beside = folder / name;
  std::error_code error;
  if (std::filesystem::exists(beside, error)) return beside;
  return folder.parent_path() / "libexec" / "maquette" / name;
}

std::filesystem::path programFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::uint64_t memoryOfMachine() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
             : std::uint64_t{4} << 30;
}

}  // namespace maquette
