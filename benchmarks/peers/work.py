# SPDX-License-Identifier: MIT
"""What compare.py measures: pieces of work, whom beside, and the ratio to reach.

The small convolutional net: Conv2d 1→16 and 16→32, 3×3, stride 2, padding 1, a ReLU after each, Linear to 10. Pooling: of 32
maps of 28 × 28 the largest and the mean of 3 × 3, then of 2 × 2, the mean of the rest, Linear to 10. Depthwise: two
convolutions of 32 such maps, 3×3, a group per map, a ReLU after each, the mean, Linear to 10.
"""
from dataclasses import dataclass, field

TITLES = {"b": "model B", "d": "model D", "f": "model F", "h": "model H", "cifar10-attention": "CIFAR-10 attention",
          "control": "control, Fashion-MNIST", "cifar10-control": "control, CIFAR-10",
          "perceptron": "perceptron 784-128-10", "deep-perceptron": "perceptron 784-512-512-10",
          "small-conv": "small convolutional net", "pooling": "pooling", "depthwise": "depthwise convolution", "characters": "character model, windows of 256"}
CLASSES = {"characters": 256}  # 10 of the others


@dataclass(frozen=True)
class Work:
    """One piece of work. `peers`: name in workers.PEERS → ratio to reach, None where there is none."""
    kind: str  # step, predict, threads, memory, build
    model: str
    batch: int = 0
    peers: dict = field(default_factory=dict)

    @property
    def name(self):
        return "/".join([self.kind, self.model] + ([str(self.batch)] if self.batch else []))

    @property
    def classes(self):
        return CLASSES.get(self.model, 10)

    @property
    def title(self):
        if self.kind == "build":
            return f"compile examples/{self.model} from nothing"
        what = {"step": "training step, batch {}",
                "predict": "predict, {} sample{}",
                "threads": "training step, batch {}, 2 threads against 1",
                "memory": "peak memory of training, batch {}"}
        return f"{TITLES[self.model]}: {what[self.kind].format(self.batch, 's' if self.batch > 1 else '')}"

    def quick(self):
        """The same with a smaller batch, to see whether everything runs."""
        return Work(self.kind, self.model, self.batch and max(1, self.batch // 32), self.peers)


def step(model, batch, **peers):
    return Work("step", model, batch, peers)


def predict(model, batch, ratio=None, **peers):
    return Work("predict", model, batch, {"inference-mode": ratio, "jit": ratio, **peers})


CPP = {"libtorch": None, "mlpack": None, "dlib": None}


ALL = [
    step("b", 4096, eager=50, compile=8, jax=8),
    step("d", 4096, eager=40),
    step("f", 4096, eager=40),
    step("h", 4096, eager=40),
    step("cifar10-attention", 1024, eager=40),
    step("control", 256, eager=1.5, dlib=None),
    step("control", 1024, eager=1.5),
    step("cifar10-control", 256, eager=1.5),
    step("cifar10-control", 1024, eager=1.5),
    step("characters", 4, eager=1.5, compile=None),
    step("pooling", 128, eager=1.5, compile=None),
    step("depthwise", 128, eager=1.5, compile=None),
    predict("b", 1, 20, libtorch=None),
    predict("control", 1, 1.5, **CPP),
    predict("control", 256, 1.5),
    step("perceptron", 64, eager=None, **CPP),
    step("perceptron", 1024, eager=None, **CPP),
    step("deep-perceptron", 256, eager=None, **CPP),
    step("small-conv", 128, eager=None, **CPP),
    predict("perceptron", 1024, **CPP),
    predict("perceptron", 1, **CPP),
    predict("small-conv", 1, **CPP),
    Work("threads", "b", 4096, {"odot": 1.8}),
    Work("threads", "f", 4096, {"odot": 1.8}),
    Work("threads", "control", 256, {"odot": 1.8}),
    Work("memory", "b", 4096, {"eager": 4}),
    Work("build", "fashion_mnist"),
]

# What WORK "small" stands for: the works that C++ peers have, without long steps.
SMALL = ["*/perceptron/*", "*/deep-perceptron/*", "*/small-conv/*", "predict/control/1", "predict/b/1"]
