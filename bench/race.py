"""A side-by-side race on throw-away servers: the server's own ALTER, gh-ost, pt-osc, ghostshift.

Each contestant starts from the same fresh table; in a round each runs once in each scenario, in an order that changes
from round to round, and beside them the load alone for as long as ghostshift took. Prints a table and the bars; writes
JSON and plots under bench/results/. docs/howto/bench.md says how to read it.

    python -m bench.race [--rows 200000] [--flavor mysql|mariadb] [--scenarios idle,unlimited:5] [--rounds 1]
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import bars, plots, readme, show
from bench.arena import Arena, settings
from bench.book import book, in_order, merged, slim
from bench.contestants import contestants
from bench.heat import Heat, race
from bench.results import Result
from bench.scenarios import ALONE, SCENARIOS, Scenario, chosen, order
from ghostshift.sandbox import ServerSpec, start

ROOT = Path(__file__).resolve().parent
CONTESTANTS = ("alter", "gh-ost", "pt-osc", "ghostshift", "ghostshift-verified")
FULL = {"rows": 1_000_000, "rounds": 5, "minutes": 0.0}
QUICK = {"rows": 200_000, "rounds": 1, "minutes": 40.0}


def main() -> int:
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: children and the servers are ended
    console = Console()
    if not console.is_terminal:
        console.width = 180
    stamp = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{args.flavor}"
    folder = ROOT / "results" / stamp
    folder.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    facts: dict[str, Any] = {"made": stamp, "rows": args.rows, "rounds": args.rounds, "options": sys.argv[1:]}
    code = 0
    try:
        run(args, console, folder, results, facts)
    except (KeyboardInterrupt, SystemExit) as stopped:
        facts["interrupted"] = "by hand"
        console.print("[yellow]stopped by hand; what was measured until then:[/yellow]")
        code = int(stopped.code or 1) if isinstance(stopped, SystemExit) else 130
    if not results:
        return code
    micro = None if args.no_reader or code else micro_benches(args.flavor)
    kept = book(args.flavor, facts, in_order(results, list(SCENARIOS)), micro)
    show.whole(console, kept)
    (folder / "race.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    pictures = plots.draw(kept, folder)
    said = f" and {len(pictures)} pictures" if pictures else " (no picture: matplotlib is not installed)"
    console.print(f"written: {folder / 'race.json'}{said}")
    if args.snapshot and not code:
        snapshot(kept, console)
    return code or int(bars.missed(bars.Bar(**bar) for bar in kept["bars"]))


def run(args: argparse.Namespace, console: Console, folder: Path, results: list[Result], facts: dict[str, Any]) -> None:
    """All rounds; what was measured is in `results` whatever ends them."""
    ends = time.monotonic() + args.minutes * 60 if args.minutes else None
    picked = chosen(args.scenarios, args.rounds)
    with contextlib.ExitStack() as servers:
        arenas: dict[int, Arena] = {}
        for scenario, number in turns(picked):
            if ends is not None and time.monotonic() > ends:
                facts["interrupted"] = f"after {args.minutes:g} minutes, before round {number} of {scenario.name}"
                console.print(f"[yellow]stopped {facts['interrupted']}; --minutes allows more[/yellow]")
                return
            if scenario.replicas not in arenas:
                spec = ServerSpec(
                    args.flavor,
                    args.version,
                    settings={**settings(args.flavor, relaxed=args.relaxed), **args.set},
                    replicas=scenario.replicas,
                )
                arenas[scenario.replicas] = Arena(servers.enter_context(start(spec, say=console.print)))
                facts.update(arenas[scenario.replicas].facts())
            one_round(scenario, number, arenas[scenario.replicas], Heat(args, console, folder), results)


def turns(picked: list[tuple[Scenario, int]]) -> Iterator[tuple[Scenario, int]]:
    """All scenarios of the first round, then of the second: a run that is cut short has whole rounds."""
    for number in range(1, max((rounds for _, rounds in picked), default=0) + 1):
        yield from ((scenario, number) for scenario, rounds in picked if number <= rounds)


def one_round(scenario: Scenario, number: int, arena: Arena, heat: Heat, results: list[Result]) -> None:
    """Each contestant once."""
    here = {one.name: one for one in contestants(scenario, heat.args.contestants, heat.args.more)}
    loaded = scenario.writes.says != SCENARIOS["idle"].writes.says
    lasted = 0.0
    for name in order(list(here), number, load=loaded):
        heat.console.print(f"[dim]{scenario.name}, round {number}: {name}[/dim]")
        contestant = heat.alone(lasted) if name == ALONE else here[name]
        result = race(scenario, contestant, arena, heat, number)
        lasted = result.seconds or lasted
        results.append(result)
        heat.console.print(show.line(result))


def micro_benches(flavor: str) -> dict[str, Any]:
    """What our own code does on one core, each as a program of its own: the reader on a real log, and the rest."""
    wanted = {"reader": ["bench.reader", "--flavor", flavor], "micro": ["bench.micro"]}
    return {name: _told(words) for name, words in wanted.items() if (ROOT / f"{name}.py").exists()}


def _told(words: list[str]) -> dict[str, Any]:
    """A program's JSON; a guard that says *slower* ends with 1, and has told all the same."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT.parent, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    return found


def snapshot(kept: dict[str, Any], console: Console) -> None:
    """Keep a run in the repository, in place of what is kept of its scenarios, and put it into the documents."""
    folder, old = readme.SNAPSHOTS, readme.snapshots().get(kept["flavor"])
    if old is not None and old["facts"]["rows"] > kept["facts"]["rows"]:
        console.print(f"[yellow]not kept: {folder / kept['flavor']}.json is of more rows; remove it first[/yellow]")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for picture in folder.glob(f"{kept['flavor']}-*.png"):
        picture.unlink()
    whole = slim(merged(old, kept, list(SCENARIOS)))
    text = json.dumps(whole, separators=(",", ":"))
    (folder / f"{kept['flavor']}.json").write_text(text.replace('{"scenario"', '\n{"scenario"') + "\n", "utf-8")
    plots.draw(whole, folder, prefix=f"{kept['flavor']}-")
    for path, content in readme.documents().items():
        path.write_text(content, encoding="utf-8")
        console.print(f"written: {path}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")  # noqa: E731 - the type of two options
    parser.add_argument("--flavor", default="mysql", choices=("mysql", "mariadb"))
    parser.add_argument("--version", default="")
    parser.add_argument("--scenarios", type=words, default=list(SCENARIOS), help=f"of {', '.join(SCENARIOS)}; idle:5")
    parser.add_argument("--contestants", type=words, default=[], help=f"of {', '.join(CONTESTANTS)}; all by default")
    parser.add_argument("--full", action="store_true", help=f"what the bars speak of: {_says(FULL)}")
    parser.add_argument("--rows", type=int, help=f"of an ordinary table ({QUICK['rows']:,})")
    parser.add_argument("--rounds", type=int, help=f"how often everybody runs ({QUICK['rounds']})")
    parser.add_argument("--minutes", type=float, help=f"begin nothing more afterwards; 0: go on ({QUICK['minutes']:g})")
    parser.add_argument("--cap", type=float, default=90.0, help="seconds after which others are stopped")
    parser.add_argument("--own-cap", type=float, default=180.0, help="seconds after which ghostshift is stopped")
    parser.add_argument("--load", choices=("auto", "own", "sysbench"), default="auto", help="who writes unlimited")
    parser.add_argument("--relaxed", action="store_true", help="commits need not reach the disk (for slow disks)")
    parser.add_argument("--set", type=_pair, action="append", default=[], help="a variable of the server: NAME=VALUE")
    parser.add_argument("--no-reader", action="store_true", help="leave the micro benches out")
    parser.add_argument("--snapshot", action="store_true", help="keep it in bench/snapshots/ and put it into README.md")
    parser.add_argument("--more", nargs="*", default=[], help="more words for ghostshift migrate; the last option")
    args = parser.parse_args()
    for name, value in (FULL if args.full else QUICK).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    try:
        chosen(args.scenarios, args.rounds)
    except ValueError as error:
        parser.error(str(error))
    args.set = dict(args.set)
    if args.set and args.snapshot:
        parser.error("what is kept in the repository is of servers as the bench has them: not --set with --snapshot")
    wrong = sorted(set(args.contestants) - set(CONTESTANTS))
    if wrong:
        parser.error(f"no such contestant: {', '.join(wrong)}")
    return args


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"not NAME=VALUE: {text!r}")
    return name, value


def _says(preset: dict[str, Any]) -> str:
    return f"{preset['rows']:,} rows, {preset['rounds']} rounds, no limit of time"


if __name__ == "__main__":
    sys.exit(main())
