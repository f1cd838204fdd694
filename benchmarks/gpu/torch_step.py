# SPDX-License-Identifier: MIT
"""The same as gpu_step, in PyTorch on the GPU: torch_step.py eager|compile MODEL BATCH float|tf32"""
import sys
from pathlib import Path

import torch
from torch.nn.functional import nll_loss

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))
import torch_models  # noqa: E402


def main():
    variant, name, batch, arithmetic = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arithmetic == "tf32"
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(1)
    model, shape = torch_models.build(name)
    model = model.cuda()
    x, labels = torch.rand(batch, *shape, device="cuda"), torch.randint(0, 10, (batch,), device="cuda")
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    loss_of = lambda x, labels: nll_loss(model(x), labels)
    if variant == "compile":
        loss_of = torch.compile(loss_of)
    print("ready", sum(p.numel() for p in model.parameters()), f"PyTorch {torch.__version__}", flush=True)
    for line in sys.stdin:
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(int(line)):
            adam.zero_grad()
            loss = loss_of(x, labels)
            loss.backward()
            adam.step()
        end.record()
        torch.cuda.synchronize()
        largest = max(float(p.grad.abs().max()) for p in model.parameters())
        print(f"{1e-3 * start.elapsed_time(end) / int(line):.9f} {float(loss):.6f} {largest:.3e}", flush=True)


if __name__ == "__main__":
    main()
