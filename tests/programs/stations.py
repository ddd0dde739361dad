# SPDX-License-Identifier: GPL-3.0-or-later
"""An FM band to listen to, and a loudspeaker in memory that hears what a program plays.

    meta = write_band(folder, centre)
    with Speaker(desktop) as speaker:           # the programs that desktop starts play here
        audio = speaker.record(5)
    heard = judge(audio, meta)                  # {station: correlation with what it sent}
"""
import json
import subprocess

import numpy as np
from fm_demo import correlation
from gnuradio.zcring.scenes import fm_band
from scipy.io import wavfile
from waiting import wait_until

SINK = "speaker"


def write_band(folder, centre=fm_band.CENTRE):
    """Writes the band of the demo around another frequency (Hz); returns its metadata's path."""
    meta = folder / "band.sigmf-meta"
    fm_band.write_band(meta)
    text = json.loads(meta.read_text())
    text["captures"][0]["core:frequency"] = centre
    for note in text["annotations"]:
        for key in "core:freq_lower_edge", "core:freq_upper_edge":
            note[key] += centre - fm_band.CENTRE
    meta.write_text(json.dumps(text))
    return meta


class Speaker:
    """A PulseAudio server of a desktop, whose only sink is silent; parec hears its monitor."""

    NEEDS = "pulseaudio", "pactl", "parec"

    def __init__(self, desktop):
        self._environment = desktop.environment
        path = desktop.folder / "speaker"
        self._environment["PULSE_SERVER"] = f"unix:{path}"
        self._program = desktop.start([
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
            f"--load=module-null-sink sink_name={SINK} rate={fm_band.AUDIO_RATE} channels=2",
            f"--load=module-native-protocol-unix auth-anonymous=1 socket={path}"])
        wait_until(self._answers, "PulseAudio", 0.05)

    def _answers(self):
        self._program.check_alive()
        return subprocess.run(["pactl", "info"], env=self._environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def record(self, seconds):
        """The next seconds that are played, float32[n] of the mean of both channels."""
        size = round(seconds * fm_band.AUDIO_RATE) * 2
        with subprocess.Popen(["parec", "-d", f"{SINK}.monitor", "--format=s16le", "--channels=1",
                               f"--rate={fm_band.AUDIO_RATE}", "--raw"],
                              env=self._environment, stdout=subprocess.PIPE) as recorder:
            try:
                raw = recorder.stdout.read(size)
            finally:
                recorder.kill()
        return np.frombuffer(raw, "<i2").astype(np.float32)


def judge(audio, meta):
    """{station: the correlation of the last loop of the audio with what the station sent}."""
    heard = {}
    for station in fm_band.STATIONS:
        rate, sent = wavfile.read(fm_band.sent_path(meta, station.name))
        assert rate == fm_band.AUDIO_RATE
        heard[station.name] = correlation(audio[-len(sent):].astype(float), sent.astype(float))
    return heard
