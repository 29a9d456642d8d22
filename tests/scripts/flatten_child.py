# SPDX-License-Identifier: GPL-3.0-or-later
# flatten_child.py CHILD BELOW: the sectors that a differencing VHDX holds, on top of its parent's in the raw file BELOW, which gets
# its length (MS-VHDX 2.4, 2.5). qemu does not read this format.
import struct, sys
child = open(sys.argv[1], 'rb').read()
below = open(sys.argv[2], 'r+b')
le = lambda form, at: struct.unpack_from('<' + form, child, at)
regions = {}
for i in range(le('I', 0x30008)[0]):
    at = 0x30010 + 32 * i
    regions[child[at:at + 4].hex()] = le('Q', at + 16)[0]
bat, metadata = regions['6677c22d'], regions['06a27c8b']
items = {}
for i in range(le('H', metadata + 10)[0]):
    at = metadata + 32 + 32 * i
    items[child[at:at + 4].hex()] = metadata + le('I', at + 16)[0]
block, size = le('I', items['3767a1ca'])[0], le('Q', items['2442a52f'])[0]
ratio = (1 << 23) * 512 // block
stored = 0
for n in range((size + block - 1) // block):
    entry = le('Q', bat + 8 * (n + n // ratio))[0]
    state, at = entry & 7, entry >> 20 << 20
    chunk = n // ratio
    bits = (le('Q', bat + 8 * (chunk * (ratio + 1) + ratio))[0] >> 20 << 20) + n % ratio * (block // 4096)
    for sector in range(min(block, size - n * block) // 512):
        own = state == 6 or (state == 7 and child[bits + sector // 8] >> sector % 8 & 1)
        if own or state == 2:
            below.seek(n * block + sector * 512)
            below.write(child[at + sector * 512:at + sector * 512 + 512] if own else bytes(512))
            stored += 1
below.truncate(size)
assert stored > 1000, stored
