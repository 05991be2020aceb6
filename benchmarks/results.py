"""Prints results beside their targets, and computes quantiles."""

from collections.abc import Sequence


def show(what: str, value: float, unit: str, target: float | None = None, *, less: bool = False) -> None:
    """Print a result, its target, and their ratio (above 1 is better than the target)."""
    beside = ""
    if target and value:
        sign, ratio = ("<=", target / value) if less else (">=", value / target)
        beside = f"   target {sign} {target:>9,.1f}   ratio {ratio:.2f}"
    print(f"{what:<62}{value:>12,.1f} {unit:<12}{beside}", flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
