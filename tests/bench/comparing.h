#pragma once

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <ranges>

// What a bench leaves for a program in Python that does the same.

namespace maquette {

/// Writes numbers as they lie in memory, for numpy.fromfile.
template <std::ranges::contiguous_range Numbers>
void writeRaw(const std::filesystem::path& file, const Numbers& all) {
  std::ofstream out(file, std::ios::binary);
  out.exceptions(std::ios::badbit | std::ios::failbit);
  out.write(reinterpret_cast<const char*>(std::ranges::data(all)),
            std::streamsize(std::ranges::size(all) * sizeof(*std::ranges::data(all))));
}

/// Says what `work` took, on a line of its own: seconds by the clock, and of the processors.
template <class Work>
void sayTimeOf(const char* name, const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t used = std::clock();
  work();
  std::printf("%s\t%.4f\t%.4f\n", name,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
              double(std::clock() - used) / CLOCKS_PER_SEC);
}

}  // namespace maquette
