# SPDX-License-Identifier: GPL-3.0-or-later
"""
Compare what 'hvgen2 inspect --json' says of a configuration with what this reader finds in the file: every leaf is one row, with
the same value, and the settings are those of the leaves. It shares no code with the program, and reads with other means:
dictionaries of keys, struct and ElementTree.

usage: vm_leaves.py CONFIGURATION JSON
"""
import base64, binascii, json, re, struct, sys
import xml.etree.ElementTree as ElementTree


def crc(data, field):
    return binascii.crc32(data[:field] + bytes(4) + data[field + 4:])


def read_container(data):
    def at(form, offset):
        return struct.unpack_from('<' + form, data, offset)

    def header(offset):
        fields = at('IIHIQIQQI', offset)
        assert fields[0] == 0x01282014 and fields[1] == crc(data[offset:offset + 46], 4)
        return fields

    first, second = header(0), header(0x1000)
    active = first if (first[2] - second[2]) % 65536 < 32768 else second
    log, changes = active[6], at('I', active[6] + 8)[0]
    image = bytearray(data)
    for i in range(changes):
        target, length, start = at('QII', log + 34 + 28 * i)
        image[target:target + length] = data[log + start:log + start + length]
    data = bytes(image)

    objects, table = [], 2 * active[8]
    while table:
        count, following = at('I', table + 4)[0], 0
        for i in range(count):
            kind, _, offset, size, used = at('BIQIB', table + 8 + 18 * i)
            if kind == 1:
                following = offset
            elif kind == 2 and used:
                objects.append((offset, size))
        table = following

    newest = {}
    for offset, size in objects:
        signature, number, sequence, _ = at('HHHI', offset)
        assert signature == 2
        if number not in newest or newest[number][0] < sequence:
            newest[number] = (sequence, offset, size)
    keys = {}
    for number, (_, offset, size) in newest.items():
        entry = 10
        while entry + 21 <= size:
            kind, flags, length, parent, parent_at, _, order, name_size = at('BBIHIIIB', offset + entry)
            if not length:
                break
            if kind != 1:
                name_at = offset + entry + 21
                value_at = name_at + name_size
                name = data[name_at:value_at - 1].decode()
                keys[number, entry] = (parent, parent_at, order, name, kind, value(data, kind, flags, value_at))
            entry += length
    children = {}
    for place, key in keys.items():
        children.setdefault(key[:2], []).append((key[2], place, key))

    def walk(place):
        result = []
        for _, own, key in sorted(children.get(place, [])):
            result.append((key[3], walk(own) if key[4] == 9 else key[5]))
        return result

    return walk((0, 0))


def value(data, kind, flags, at):
    if kind == 9:
        return None
    if flags & 1:
        size, at = struct.unpack_from('<IQ', data, at)
    elif kind in (6, 7):
        size, at = struct.unpack_from('<I', data, at)[0], at + 4
    if kind == 6:
        return data[at:at + size].decode('utf-16-le').rstrip('\0')
    if kind == 7:
        return data[at:at + size].hex()
    if kind == 8:
        return 'true' if struct.unpack_from('<I', data, at)[0] else 'false'
    return str(struct.unpack_from('<' + {3: 'q', 4: 'Q', 5: 'd'}[kind], data, at)[0])


def read_xml(data):
    text = data.decode('utf-16' if data[:2] in (b'\xff\xfe', b'\xfe\xff') else 'utf-8-sig')
    root = ElementTree.fromstring(re.sub(r'<\?xml[^>]*\?>', '', text))

    def walk(element):
        kind = element.get('type')
        if kind is None:
            return [(child.tag, walk(child)) for child in element]
        text = element.text or ''
        if kind == 'bytes':
            return base64.b64decode(text).hex()
        return text.lower() if kind == 'bool' else text

    return [(root.tag, walk(root))]


def leaves(children, path=''):
    seen = {}
    for name, what in children:
        seen[name] = seen.get(name, 0) + 1
        own = path + name + ('[%d]' % seen[name] if seen[name] > 1 else '')
        if isinstance(what, list):
            yield from leaves(what, own + '/')
        else:
            yield own, what


data = open(sys.argv[1], 'rb').read()
report = json.load(open(sys.argv[2]))
tree = read_container(data) if struct.unpack_from('<I', data)[0] == 0x01282014 else read_xml(data)
assert len(tree) == 1 and tree[0][0] == 'configuration'
wanted = list(leaves(tree[0][1]))
rows = report['vm']['rows']
assert [path for path, _ in wanted] == [row['path'] for row in rows], 'the rows are not the leaves'
for (path, found), row in zip(wanted, rows):
    told = re.sub(' (MiB|%|IOPS|s)$', '', row['from']) if row['from'] != found else found
    assert told == found, '%s: %r is told as %r' % (path, found, row['from'])
    assert row['status'] in ('carried', 'changed', 'dropped', 'ignored')
    assert ('to' in row) == (row['status'] in ('carried', 'changed')), row
    assert ('id' in row) == (row['status'] in ('changed', 'dropped')), row

found = dict(wanted)
settings, source = report['vm']['settings'], report['vm']['source']
memory, cpu, firmware = settings['memory'], settings['processors'], settings['firmware']
bios = '_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/'
version = int(found['properties/version'])
told = {
    'properties/name': source['name'],
    'properties/global_id': source['id'].upper(),
    'settings/memory/bank/size': str(memory['startup_mib']),
    'settings/memory/bank/reservation': str(memory['minimum_mib']),
    'settings/memory/bank/limit': str(memory['maximum_mib']),
    'settings/memory/bank/dynamic_memory_enabled': str(memory['dynamic']).lower(),
    'settings/processors/count': str(cpu['count']),
    'settings/processors/weight': str(cpu['weight']),
    bios + 'bios_serial_number': firmware['bios_serial'],
    bios + 'chassis/asset_tag': firmware['asset_tag'],
    bios + 'num_lock': str(firmware['num_lock']).lower(),
    bios + 'boot/device0': firmware['boot_order'][0],
    bios + 'boot/device3': firmware['boot_order'][3],
}
for path, text in told.items():
    assert found[path] == text, '%s: %r is told as %r' % (path, found[path], text)
assert found[bios + 'bios_guid'].strip('{}').lower() == firmware['bios_guid']
assert source['version'] == '%d.%d' % (version // 256, version % 256)
paths = [text for path, text in wanted if re.search('/controller[0-9]/drive[0-9]+/pathname$', path) and text]
drives = [d['path'] for c in settings['controllers'] for d in c['drives'] if d.get('path')]
assert sorted(paths) == sorted(drives), (paths, drives)
macs = [text for path, text in wanted if path.endswith('/MacAddress')]
assert [m for m in macs if m.strip('0-')] == [a['mac'] for a in settings['adapters'] if 'mac' in a and not a['legacy']]
print('%s: %d leaves, as many rows' % (sys.argv[1], len(wanted)))
