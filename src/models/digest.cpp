#include "models/digest.h"

#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>

#include <new>

#include "core/base/error.h"

namespace maquette {
namespace {

void require(int success) {
  if (success != 1) throw Unsupported("Checksums cannot be computed on this machine (OpenSSL).");
}

}  // namespace

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(Kind kind) : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  require(
      EVP_DigestInit_ex(state_->context, kind == Kind::sha256 ? EVP_sha256() : EVP_md5(), nullptr));
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;

void Digest::add(const void* data, std::size_t bytes) {
  require(EVP_DigestUpdate(state_->context, data, bytes));
}

std::string Digest::hex() {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(EVP_DigestFinal_ex(state_->context, sum, &length));
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", sum[i]);
  return text;
}

}  // namespace maquette
