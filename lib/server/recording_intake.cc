// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording_intake.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace zcring::server {

namespace {

constexpr std::size_t ring_bytes = 1u << 20;

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

zcring_feed_taken* taken_of(const shared_memory& m)
{
    return reinterpret_cast<zcring_feed_taken*>(m.get());
}

zcring_feed_written* written_of(const shared_memory& m)
{
    return reinterpret_cast<zcring_feed_written*>(m.get());
}

} // namespace

// The memory of the content comes with its bytes: a scene that is announced costs nothing.
recording_intake::recording_intake(const zcring_scene& scene)
    : d_bytes(zcring_scene_segments_bytes(&scene) + zcring_scene_samples_bytes(&scene)),
      d_clipped(zcring_scene_segments_bytes(&scene)),
      d_taken(std::make_shared<shared_memory>("zcring-taken", page_bytes(), 1, false)),
      d_written(std::make_shared<shared_memory>("zcring-written", page_bytes(), 1, true)),
      d_ring(std::make_shared<shared_memory>("zcring-scene", ring_bytes, 2, true))
{
    d_scene->scene = scene;
    d_scene->content.reserve(d_bytes);
}

void recording_intake::take()
{
    std::vector<std::byte>& content = d_scene->content;
    const std::size_t done = content.size();
    const std::uint64_t there = zcring_ring_load_written(written_of(*d_written)) - done;
    if (there > ring_bytes) // nonsense
        return;
    const std::size_t n = std::min<std::size_t>(there, d_bytes - done);
    const std::byte* from = d_ring->get() + done % ring_bytes; // mapped twice
    content.insert(content.end(), from, from + n);
    const std::size_t sample = zcring_sample_bytes(d_scene->scene.format);
    if (content.size() > d_clipped) {
        const std::size_t samples = (content.size() - d_clipped) / sample;
        zcring_samples_clip(
            d_scene->scene.format, reinterpret_cast<u8*>(content.data()) + d_clipped, samples);
        d_clipped += samples * sample;
    }
    zcring_ring_store_clock(taken_of(*d_taken), content.size());
    zcring_ring_free_feed(taken_of(*d_taken), content.size());
}

int recording_intake::finish(std::shared_ptr<scene_on_air>& scene)
{
    const auto* segments = reinterpret_cast<const zcring_segment*>(d_scene->content.data());
    if (const int error = zcring_segments_check(&d_scene->scene, segments))
        return error;
    scene = std::move(d_scene);
    return 0;
}

void recording_intake::get(zcring_feed& feed) const
{
    feed = {};
    feed.clock = d_scene->content.size();
    feed.written = zcring_ring_load_written(written_of(*d_written));
    feed.buffer_samples = ring_bytes;
}

bool recording_intake::feeder_wants_wake() const
{
    return zcring_ring_feed_wants_wake(written_of(*d_written), d_scene->content.size());
}

std::shared_ptr<const shared_memory> recording_intake::region(std::uint32_t which,
                                                              std::uint32_t channel) const
{
    switch (which) {
    case ZCRING_META:
        return d_taken;
    case ZCRING_CONSUMER:
        return d_written;
    case ZCRING_DATA:
        return channel ? nullptr : d_ring;
    }
    return nullptr;
}

} // namespace zcring::server
