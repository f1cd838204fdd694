#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports every model as an ONNX file and compares ONNX Runtime's outputs with odot's.

usage: check.py PROGRAM FOLDER [MODEL...]     PROGRAM: onnx_models or onnx_models_short; FOLDER: for the files

odot trains each model a little, writes its weights, a batch, its outputs and the ONNX file. The file must pass ONNX's
full check and its strict inference of shapes, hold the weights' names and bytes, and give odot's outputs for batches of 1
and 7: differences are relative to the largest output. Needs onnx, onnxruntime, numpy and safetensors; without one of
them, it says NOT CHECKED and ends with exit code 77."""

import pathlib
import subprocess
import sys

try:
    import numpy
    import onnx
    import onnxruntime
    from safetensors.numpy import load_file
except ImportError as error:
    if __name__ == "__main__" and len(sys.argv) > 2:
        print(f"NOT CHECKED: {error}; pip install onnx onnxruntime numpy safetensors")
        sys.exit(77)
    raise

BATCHES = 1, 7


def tolerance(name):
    return 5e-5 if "control" in name else 1e-5  # Winograd's convolutions round more


def faults(model, weights):
    """What is wrong with the file itself."""
    try:
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:
        return [str(error).strip()]
    inside = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = [f"{name} is missing" for name in weights.keys() - inside.keys()]
    for name in weights.keys() & inside.keys():
        if weights[name].shape != inside[name].shape or weights[name].tobytes() != inside[name].tobytes():
            found.append(f"{name} differs")
    found += [f"{name} is neither a weight nor a constant"
              for name in inside.keys() - weights.keys() if not name.startswith("constant")]
    if model.ir_version != 8 or [(o.domain, o.version) for o in model.opset_import] != [("", 17)]:
        found.append("expected IR version 8 and opset 17")
    return found


def differences(path, samples):
    """Of each batch, from odot's outputs, relative to the largest of these."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    y = samples["y"]
    largest = numpy.abs(y).max()
    # What does not depend on the samples would compare nothing.
    assert y.std(axis=0).max() > 1e-3 * largest, "the outputs are nearly the same for all samples"
    found = []
    for size in BATCHES:
        inputs = {"input": samples["x"][:size]}
        if "lengths" in samples:
            inputs["lengths"] = samples["lengths"][:size]
        (output,) = session.run(None, inputs)
        assert output.shape == y[:size].shape, f"expected {y[:size].shape}, found {output.shape}"
        found.append(float(numpy.abs(output - y[:size]).max() / largest))
    return found


def main(program, folder, wanted):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.onnx"):
        old.unlink()
    subprocess.run([program, "save", folder, *wanted], check=True)
    paths = sorted(folder.glob("*.F32.onnx"), key=lambda path: path.stat().st_mtime_ns)
    wrong = 0 if paths else 1
    print(f"{'model':36}{'nodes':>5} {'kB':>6}" + "".join(f"  batch of {size}" for size in BATCHES))
    for path in paths:
        name, stem = path.name.removesuffix(".F32.onnx"), str(path).removesuffix(".onnx")
        try:
            model = onnx.load(path)
            problems = faults(model, load_file(stem + ".safetensors"))
            found = differences(path, load_file(stem + ".samples.safetensors"))
        except Exception as error:
            problems, found = [f"{type(error).__name__}: {error}"], []
        if not all(difference <= tolerance(name) for difference in found):  # NaN is not fine
            problems.append(f"more than {tolerance(name):.0e}")
        nodes = len(model.graph.node)
        print(f"{name:36}{nodes:5} {path.stat().st_size / 1000:6.0f}" + "".join(f"  {d:10.1e}" for d in found)
              + "".join(f"  WRONG: {problem}" for problem in problems))
        wrong += bool(problems)
    print(f"{len(paths)} models, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
