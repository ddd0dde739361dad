# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of others in GNU Radio, gr-soapy and gr-osmosdr; and gnss-sdr, which is made of them.

The scene is the counter: each sample is its own sample clock, so that each sample and each gap are
known. Every flowgraph runs in a process of its own: python3 flowgraphs.py ROLE ARGUMENT...
"""
import json
import signal
import sys

import numpy as np

import satellites
from room import check, row
from watched_server import WatchedServer
from waiting import wait_until

ROWS = []
PYTHON = "/usr/bin/python3"
RATE = 1_000_000  # samples/s
DROPS = (1000, 77, 12345)
DROP_SECONDS = 0.4  # between two of them
SECONDS = 3
SAMPLES = 10_000_000  # at free pace
GNSS_SETTINGS = """[GNSS-SDR]
GNSS-SDR.internal_fs_sps={rate}
SignalSource.implementation=Osmosdr_Signal_Source
SignalSource.osmosdr_args={args}
SignalSource.item_type=gr_complex
SignalSource.sampling_frequency={rate}
SignalSource.freq={centre:.0f}
SignalSource.AGC_enabled=false
SignalSource.gain=0
SignalSource.rf_gain=0
SignalSource.if_gain=0
SignalSource.samples=0
SignalConditioner.implementation=Pass_Through
Channels_1C.count={count}
Channels.in_acquisition=1
{channels}
Acquisition_1C.implementation=GPS_L1_CA_PCPS_Acquisition
Acquisition_1C.item_type=gr_complex
Acquisition_1C.coherent_integration_time_ms=1
Acquisition_1C.pfa=0.01
Acquisition_1C.doppler_max=5000
Acquisition_1C.doppler_step=100
Tracking_1C.implementation=GPS_L1_CA_DLL_PLL_Tracking
Tracking_1C.item_type=gr_complex
TelemetryDecoder_1C.implementation=GPS_L1_CA_Telemetry_Decoder
Observables.implementation=Hybrid_Observables
PVT.implementation=RTKLIB_PVT
PVT.positioning_mode=Single
"""


def make_checker(kind):
    """A sink of items that are samples of the counter, int32 or complex64; see gaps and tags."""
    import pmt
    from gnuradio import gr

    class Checker(gr.sync_block):
        """gaps: [[index of the sample after it, samples lost]]; tags: [[index, *rx_time]]."""

        def __init__(self):
            super().__init__("checker", in_sig=[kind], out_sig=None)
            self.gaps, self.tags, self.samples = [], [], 0
            self._last = None

        def work(self, input_items, output_items):
            items = input_items[0]
            if kind is np.complex64:
                items = np.round(items.view(np.float32) * 32768).astype(np.int16)
            counter = np.ascontiguousarray(items).view(np.uint32)
            before = counter[:1] - np.uint32(1) if self._last is None else self._last
            steps = np.diff(counter, prepend=before)  # modulo 2^32
            self.gaps += [[self.samples + int(place), int(steps[place]) - 1]
                          for place in np.nonzero(steps != 1)[0]]
            for tag in self.get_tags_in_window(0, 0, len(counter), pmt.intern("rx_time")):
                self.tags.append([tag.offset, *pmt.to_python(tag.value)])
            self._last = counter[-1:].copy()
            self.samples += len(counter)
            return len(counter)

    return Checker()


def receive(source, item_bytes, kind, samples):
    """Receives this many samples of the counter; prints what the checker has seen."""
    from gnuradio import blocks, gr
    top = gr.top_block()
    checker = make_checker(kind)
    top.connect(source, blocks.head(item_bytes, samples), checker)
    top.run()
    print("\n" + json.dumps({"gaps": checker.gaps, "samples": checker.samples,
                             "tags": checker.tags}))


def soapy_source(driver, arguments, rate, samples):
    """gr-soapy, in the ring's own format."""
    from gnuradio import soapy
    source = soapy.source(f"driver={driver}", "sc16", 1, arguments, "", [""], [""])
    source.set_sample_rate(0, float(rate))
    source.set_frequency(0, 100e6)
    receive(source, 4, np.int32, int(samples))


def osmosdr_source(arguments):
    """gr-osmosdr, which has complex samples only."""
    import osmosdr
    source = osmosdr.source(arguments)
    source.set_sample_rate(RATE)
    source.set_center_freq(100e6)
    receive(source, 8, np.complex64, SAMPLES)


def result(said):
    """What a role printed last."""
    return json.loads(said.splitlines()[-1])


@row(ROWS, "gr-soapy", "soapy.source('driver=zcring')", needs=("zcring",))
def gr_soapy(room):
    """Gaps where zcring has them, and a new rx_time after each."""
    with WatchedServer(room.folder / "run", f"rate={RATE}", "scene=counter",
                       "interval_us=5000") as server:
        program = room.start(PYTHON, __file__, "soapy_source", "zcring", f"device={server.path}",
                             RATE, SECONDS * RATE)
        stream = server.watch()
        with server.antenna() as antenna:
            for number, samples in enumerate(DROPS, 1):
                stream.wait_produced(number * DROP_SECONDS * RATE)
                antenna.drop(samples)
        status = program.wait()
        stream.close()
        check(status == 0, program.last())
        seen = result(program.said())
        count = SECONDS * RATE
        gaps = [list(gap) for gap in stream.gaps() if gap[0] < count]
    check(len(gaps) >= len(DROPS) and seen["gaps"] == gaps,
          f"gr-soapy sees {seen['gaps']}, zcring has {gaps}")
    times = {offset: (full, part) for offset, full, part in seen["tags"]}
    check(set(times) == {0, *(index for index, _ in gaps)},
          f"rx_time at {sorted(times)}, gaps {gaps}")
    (first, part), lost, worst = times[0], 0, 0
    for index, samples in gaps:
        lost += samples
        elapsed = times[index][0] - first + times[index][1] - part
        worst = max(worst, abs(elapsed - (index + lost) / RATE))
    check(worst < 1 / RATE, f"rx_time is wrong by {worst} s")
    return f"{len(gaps)} gaps at their samples, rx_time after each, within {worst * 1e9:.0f} ns"


@row(ROWS, "gr-osmosdr", "osmosdr.source('soapy=0,driver=zcring')", needs=("python:osmosdr",))
def gr_osmosdr(room):
    """Every sample, in order."""
    said = room.run(PYTHON, __file__, "osmosdr_source",
                    "soapy=0,driver=zcring,emulator=,pace=free,scene=counter")
    seen = result(said)
    check(not seen["gaps"] and seen["samples"] == SAMPLES, said)
    return f"{SAMPLES:,} samples, each in its place"


@row(ROWS, "gnss-sdr", "gnss-sdr, osmosdr_args=soapy=0,driver=zcring", needs=("gnss-sdr",))
def gnss_sdr(room):
    """Tracks satellites."""
    scene = room.folder / "satellites.sigmf-meta"
    satellites.write_scene(scene)
    settings = room.folder / "gnss-sdr.conf"
    channels = "\n".join(f"Channel{number}.signal=1C\nChannel{number}.satellite={satellite}"
                         for number, satellite in enumerate(satellites.SATELLITES))
    settings.write_text(GNSS_SETTINGS.format(
        rate=satellites.RATE, centre=satellites.CENTRE, count=len(satellites.SATELLITES),
        channels=channels, args=f"soapy=0,driver=zcring,emulator=,pace=free,scene={scene}"))
    program = room.start("stdbuf", "-oL", "gnss-sdr", f"--config_file={settings}",
                         f"--log_dir={room.folder}", cwd=room.folder)
    for satellite in satellites.SATELLITES:
        program.wait_for(rf"Tracking of GPS L1 C/A signal started .* PRN {satellite:02}\b")

    def tracks():
        program.check_alive()
        # Its loops may lose a satellite at first, also with a file, and begin anew.
        return program.said().split("Loss of lock")[-1].count("Current receiver time") > SECONDS
    wait_until(tracks, f"{SECONDS} s without a loss of lock", 0.1)
    program.end(signal.SIGINT)
    return (f"PRN {', '.join(map(str, satellites.SATELLITES))} acquired, and tracked for "
            f"{SECONDS} s, at {satellites.RATE / 1e6:g} MS/s")


if __name__ == "__main__":
    {"soapy_source": soapy_source, "osmosdr_source": osmosdr_source}[sys.argv[1]](*sys.argv[2:])
