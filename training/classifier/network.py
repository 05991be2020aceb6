"""The shared encoder with its heads, in the form that is trained and exported."""

from pathlib import Path

import torch
from rows import TOXICITY
from torch import Tensor, nn
from transformers import AutoModel

UNITED = ("sexual", "self_harm", "violence")
KINDS = [TOXICITY.index(name) for name in UNITED]
OUTPUTS = ("toxicity", "injection", "indirect", "embedding")


class Guard(nn.Module):
    """MiniLM with linear heads on its mean and maximum, and a projection of the mean back to the sentence space it came from.

    `toxic` says yes where its own head or one of UNITED does: harm of a kind that comments lack is learned by the kind's head, beside them.

    Sums run as matrix or element products over the last axis: a row then has the same bits alone and in any batch of its width.
    """

    def __init__(self, base: Path) -> None:
        super().__init__()
        # Few epochs do not overfit, and dropout takes a third of a step's time on a CPU.
        still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        self.encoder = AutoModel.from_pretrained(base, attn_implementation="eager", add_pooling_layer=False, **still)
        width = self.encoder.config.hidden_size
        self.heads = nn.Parameter(torch.zeros(len(TOXICITY) + 2, 2 * width))
        self.biases = nn.Parameter(torch.zeros(len(TOXICITY) + 2))
        self.projection = nn.Parameter(torch.eye(width))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of the heads and the unit vector for similarity search."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        mask = attention_mask.to(hidden.dtype)
        mean = torch.matmul((mask / mask.sum(dim=1, keepdim=True)).unsqueeze(1), hidden).squeeze(1)
        highest = (hidden - (1 - mask).unsqueeze(-1) * 1e4).amax(dim=1)
        both = torch.cat([mean, highest], dim=1)
        logits = (both.unsqueeze(1) * self.heads).sum(dim=-1) + self.biases
        toxic = torch.cat([logits[:, :1], logits[:, KINDS]], dim=1).amax(dim=1, keepdim=True)
        vector = torch.matmul(mean, self.projection)
        vector = vector / (vector * vector).sum(dim=-1, keepdim=True).sqrt()
        return torch.cat([toxic, logits[:, 1 : len(TOXICITY)]], dim=1), logits[:, len(TOXICITY) : -1], logits[:, -1:], vector
