# SPDX-License-Identifier: MIT
"""Training steps (gradients and Adam) or predictions of a model in PyTorch, at the pace of a driver: pace.py.

usage: torch_peer.py eager|compile|inference-mode|jit MODEL BATCH THREADS
"""
import sys

import torch

import pace
import torch_models


def training_step(model, loss, x, labels, compiled):
    adam = torch.optim.Adam(model.parameters(), lr=pace.LEARNING_RATE)
    loss_of = lambda x, labels: loss(model(x), labels)
    if compiled:
        loss_of = torch.compile(loss_of)

    def step():
        adam.zero_grad()
        loss = loss_of(x, labels)
        loss.backward()
        adam.step()
        return loss.detach()

    return step


def prediction(model, x, traced):
    model.eval()
    with torch.inference_mode():
        predict = torch.jit.freeze(torch.jit.trace(model, x)) if traced else model

    def call():
        with torch.inference_mode():
            return predict(x)

    return call


def main():
    variant, name, batch, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model, shape = torch_models.build(name)
    parameters = sum(p.numel() for p in model.parameters())
    x, labels = torch_models.batch_of(name, shape, batch)
    loss = torch_models.loss_of(name)
    if variant in ("eager", "compile"):
        call, loss_of = training_step(model, loss, x, labels, variant == "compile"), float
    else:
        call, loss_of = prediction(model, x, variant == "jit"), lambda y: float(loss(y, labels))
    pace.serve(parameters, f"PyTorch {torch.__version__}", call, loss_of)


if __name__ == "__main__":
    pace.run(main)
