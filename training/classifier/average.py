"""Averages the weights of checkpoints of one training, which is better on development rows than the last one alone.

python training/classifier/average.py --checkpoint 0.25 WORK/first.pt --checkpoint 0.75 WORK/second.pt --target WORK/final.pt
"""

import argparse
from pathlib import Path

import torch


def main() -> None:
    """Write the weighted sum of all checkpoints; the shares must add up to one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", nargs=2, metavar=("SHARE", "FILE"), action="append", required=True)
    parser.add_argument("--target", type=Path, required=True)
    chosen = parser.parse_args()
    shares = [float(share) for share, _ in chosen.checkpoint]
    if abs(sum(shares) - 1) > 1e-6:
        parser.error(f"the shares add up to {sum(shares)}, not to 1")
    weights = [torch.load(file) for _, file in chosen.checkpoint]
    mean = {name: sum(share * one[name].float() for share, one in zip(shares, weights, strict=True)) for name in weights[0]}
    torch.save({name: value.to(weights[0][name].dtype) for name, value in mean.items()}, chosen.target)


if __name__ == "__main__":
    main()
