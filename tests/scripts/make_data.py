# SPDX-License-Identifier: MIT
"""Makes small stand-ins for the data sets, good and bad ones, in folders to be served, and the checksums of the good ones.

usage: make_data.py FOLDER CHECKSUMS
"""
import gzip
import hashlib
import io
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

folder, checksums = Path(sys.argv[1]), Path(sys.argv[2])
good, sums = folder / "good", {}


def put(name, content, summed=None):
    path = good / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if summed is not None:
        sums[name] = hashlib.sha256(summed).hexdigest()


for kind in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
    for image_set in ("fashion-mnist", "mnist"):
        content = f"{image_set} {kind}".encode() * 50
        put(f"{image_set}/{kind}-ubyte.gz", gzip.compress(content), content)

put("ett/ETTh2.csv", b"date,OT\n" + b"2016,1\n" * 50, b"date,OT\n" + b"2016,1\n" * 50)

vowels = io.BytesIO()
with zipfile.ZipFile(vowels, "w") as archive:
    archive.writestr("../escaped.ts", "a file that must not be unpacked")
    for part in ("TRAIN", "TEST"):
        lines = f"1,2:3,4:{part}\n".encode() * 20
        archive.writestr(f"JapaneseVowels_{part}.ts", b"# a comment\r\n@data\r\n" + lines.replace(b"\n", b"\r\n"))
        sums[f"japanese-vowels/JapaneseVowels_{part}.ts"] = hashlib.sha256(lines).hexdigest()
put("japanese-vowels/JapaneseVowels.zip", vowels.getvalue())

cifar = io.BytesIO()
with tarfile.open(fileobj=cifar, mode="w:gz") as archive:
    for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin", "../../escaped.bin"]:
        member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
        member.size = 3073
        archive.addfile(member, io.BytesIO(bytes(3073)))
put("cifar-10-binary.tar.gz", cifar.getvalue(), cifar.getvalue())

checksums.write_text("# of a test\n" + "".join(f"{value}  {name}\n" for name, value in sums.items()))

# What networks make of them.
bad = {
    "page": lambda content: b"<html><body>Please log in to the network</body></html>\n",
    "truncated": lambda content: content[:len(content) // 2],
    "empty": lambda content: b"",
    "flipped": lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
    "trailing": lambda content: content + b"<!-- tracked -->",
    "slow": lambda content: content,
}
for name, change in bad.items():
    shutil.copytree(good, folder / name)
    for path in (folder / name).rglob("*.*"):
        if path.is_file():
            path.write_bytes(change(path.read_bytes()))
(folder / "missing").mkdir()
