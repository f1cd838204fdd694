#!/usr/bin/env python3
"""Reads the event files of a trainer's run with the package `tensorboard` and compares them with the run's tables.

usage: check.py RUN EVENTS     RUN: the folder of --out (batches.csv, epochs.csv); EVENTS: that of --tensorboard

Needs the packages tensorboard and pillow. Exit code 0 if everything agrees.
"""
import csv
import glob
import io
import os
import struct
import sys
from collections import Counter

from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.plugins.hparams import plugin_data_pb2

failures = 0
float_error = 1.3e-7  # the tables have 9 digits, which may round to the next float


def check(condition, text):
    global failures
    if not condition:
        failures += 1
        print("WRONG:", text)


def as_float(text):
    """A field of a table, 9 digits, as a float of 32 bits."""
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def near(a, b, error):
    return abs(a - b) <= error * max(1e-30, abs(b))


def compare(events, tag, rows, column, step, error):
    """The points of a tag are the rows' numbers, one for each row that has one."""
    wanted = [(step(row), row[column]) for row in rows if row[column] != ""]
    found = [(e.step, e.value) for e in events.Scalars(tag)] if tag in events.Tags()["scalars"] else []
    check([s for s, _ in found] == [s for s, _ in wanted], f"{tag}: steps {found[:3]}… for {wanted[:3]}…")
    for (_, value), (at, text) in zip(found, wanted):
        check(near(value, as_float(text), error), f"{tag} at step {at}: {value}, expected {text}")
    return len(found)


def main(run, folder):
    events = event_accumulator.EventAccumulator(folder, size_guidance=dict.fromkeys(
        ["scalars", "histograms", "images", "tensors", "compressedHistograms"], 0))
    events.Reload()
    tags = events.Tags()
    batches = list(csv.DictReader(open(os.path.join(run, "batches.csv"))))
    epochs = list(csv.DictReader(open(os.path.join(run, "epochs.csv"))))
    per_epoch = max(int(row["batch"]) for row in batches)
    at_batch = lambda row: int(row["step"])
    at_epoch = lambda row: int(row["epoch"]) * per_epoch
    points = 0
    points += compare(events, "loss/batch", batches, "loss", at_batch, float_error)
    points += compare(events, "accuracy/batch", batches, "accuracy", at_batch, 1e-5)
    points += compare(events, "loss/train", epochs, "mean_loss", at_epoch, float_error)
    points += compare(events, "accuracy/train", epochs, "train_accuracy", at_epoch, 1e-5)
    points += compare(events, "speed/seconds", epochs, "seconds", at_epoch, 1e-3)
    for name in ("test", "validation", "held-out"):
        if "loss/" + name in tags["scalars"]:
            points += compare(events, "loss/" + name, epochs, "test_loss", at_epoch, float_error)
            points += compare(events, "accuracy/" + name, epochs, "test_accuracy", at_epoch, 1e-5)

    # Every point is in the files once, so that readers that know nothing of restarts see the same.
    files = sorted(glob.glob(os.path.join(folder, "*tfevents*")))
    seen, kinds = Counter(), Counter()
    for path in files:
        for number, event in enumerate(event_file_loader.LegacyEventFileLoader(path).Load()):
            if number == 0:
                check(event.file_version == "brain.Event:2", f"{path}: begins with {event}")
            for value in event.summary.value:
                seen[value.tag, event.step] += 1
                kinds[value.WhichOneof("value") or "metadata"] += 1
                if value.metadata.plugin_data.plugin_name == "hparams":
                    start = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
                    names = start.session_start_info.hparams
                    check("learning_rate" in names and names["learning_rate"].number_value > 0, f"hparams {names}")
    for (tag, step), times in seen.items():
        check(times == 1, f"{tag} at step {step}: {times} points")

    histograms = 0
    for tag in tags["histograms"]:
        for event in events.Histograms(tag):
            h = event.histogram_value
            histograms += 1
            limits, counts = list(h.bucket_limit), list(h.bucket)
            check(len(limits) == len(counts) and limits == sorted(limits), f"{tag}: buckets")
            check(sum(counts) == h.num and h.num > 0, f"{tag}: {sum(counts)} numbers in the buckets, {h.num} in all")
            check(h.min <= h.max and h.sum_squares >= 0, f"{tag}: min {h.min}, max {h.max}")
            check(h.min * h.num <= h.sum + 1e-9 and h.sum <= h.max * h.num + 1e-9, f"{tag}: sum {h.sum}")
            full = [i for i, count in enumerate(counts) if count > 0]
            check(h.max < limits[full[-1]] and h.min < limits[full[0]], f"{tag}: a number beyond its bucket")
            check(full[0] == 0 or limits[full[0] - 1] <= h.min, f"{tag}: the least number {h.min} is in no bucket")

    texts = [t for t in tags["tensors"] if "hyperparameters" in t]
    check(texts, "no text with the hyperparameters")
    for tag in texts:
        text = events.Tensors(tag)[0].tensor_proto.string_val[0].decode()
        check("| learning_rate |" in text, f"hyperparameters: {text}")

    images = 0
    if tags["images"]:
        from PIL import Image
        for tag in tags["images"]:
            for event in events.Images(tag):
                picture = Image.open(io.BytesIO(event.encoded_image_string))
                picture.load()
                check(picture.size == (event.width, event.height), f"{tag}: {picture.size}")
                images += 1
    print(f"{len(files)} files, {points} points, {histograms} histograms, {images} pictures; "
          f"{len(batches)} batches, {len(epochs)} epochs: {'all agree' if failures == 0 else f'{failures} WRONG'}")
    return failures != 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
