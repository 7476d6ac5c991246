"""`headwater compact`."""

from dataclasses import asdict

from app.console import err, out, plain, print_json
from app.options import Config, Home, Json, load_settings
from flows.compact import compact as compact_index
from flows.workshop import Workshop
from headwater.index.compact import Compaction


def compact(json: Json = False, config: Config = None, home: Home = None) -> None:
    """Give back the disk that deleted passages still take in the embedded index, while everything else goes on.

    It happens by itself when the index takes more than twice what is in it. A Qdrant server compacts itself.
    """
    settings = load_settings(config, home, quiet=json)
    with (
        Workshop(settings, command="headwater compact") as workshop,
        err.status("Compacting the index ...") as shown,
    ):

        def told(status: Compaction) -> None:
            shown.update(f"Compacting the index: {status.copied:,} of {status.points:,} passages")

        done = compact_index(workshop, told)
    if json:
        print_json(asdict(done))
    elif done.state == "unneeded":
        out.print(plain(done.problem))
    else:
        out.print(
            plain(
                f"{done.before / 2**20:,.1f} MB before, {done.after / 2**20:,.1f} MB now: {done.copied:,} passages in "
                f"{done.seconds:.0f} s, in which a search waited {done.pause:.2f} s at most."
            )
        )
