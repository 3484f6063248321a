#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Checks and prints the rooms of the code, and which room may use which.

  tests/rooms.py --check          checks that every #include of another room, or of a library of others, is allowed;
                                  exits with 1 if one is not (tests/lint.sh runs this)
  tests/rooms.py --list [BUILD]   prints the rooms with their files, lines and arrows; with a build folder also the circles
                                  of calls inside each room, read from its objects by nm(1); exits with 1 if a circle
                                  has more than two files (the test rooms/circles runs this)

What is allowed in tools/ is in the pinctl_room() lines of tools/CMakeLists.txt, libraries of others are in the table of
docs/architecture.md, and the rest is below."""

import argparse
import collections
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Rooms outside tools/: their folder, and the rooms that they may use.
ALLOWED = {
    'policy': [],
    'provider/common': ['policy'],
    'provider/gnutls': ['provider/common', 'policy'],
    'provider/openssl': ['provider/common', 'policy'],
    'provider/preload': ['provider/common', 'policy'],
}
# Patterns of the headers of each library of others.
LIBRARIES = {
    'OpenSSL': r'openssl/.*', 'GnuTLS': r'gnutls/.*', 'json-c': r'json-c/.*', 'libcurl': r'curl/.*', 'SQLite': r'sqlite3\.h',
    'libconfig': r'libconfig\.h', 'libxml2': r'libxml/.*', 'libyaml': r'yaml\.h', 'libpsl': r'libpsl\.h', 'zlib': r'zlib\.h',
    'threads': r'pthread\.h',
}
# Headers of libc and the kernel.
SYSTEM = re.compile(r'(arpa|gnu|linux|net|netinet|sys)/.*|(ctype|dirent|dlfcn|elf|endian|errno|fcntl|fnmatch|fts|glob|grp|iconv|'
                    r'inttypes|limits|link|locale|malloc|netdb|poll|pwd|sched|search|signal|spawn|stdalign|stdarg|stdatomic|'
                    r'stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd|wchar)\.h')
# Libraries that rooms outside tools/ may use. A process that uses any of these has threads already.
ALLOWED_LIBRARIES = {
    'policy': {'libconfig', 'threads'},
    'provider/common': {'GnuTLS', 'threads'},
    'provider/gnutls': {'GnuTLS', 'threads'},
    'provider/openssl': {'OpenSSL', 'threads'},
    'provider/preload': {'OpenSSL'},
    'tools': {'OpenSSL'},
}
# One source of provider/openssl/ is also compiled into this room. No other room may include headers of provider/.
PROOF = 'tools/proof'


def allowed_arrows():
    arrows = {room: set(uses) for room, uses in ALLOWED.items()}
    with open(os.path.join(TOP, 'tools', 'CMakeLists.txt'), encoding='utf-8') as file:
        for room, uses in re.findall(r'^pinctl_room\((\w+)((?: \w+)*)\)$', file.read(), re.M):
            arrows[f'tools/{room}'] = {f'tools/{used}' for used in uses.split()} | {'policy'}
    arrows[PROOF].add('provider/openssl')
    arrows['tools'] = {room for room in arrows if not room.startswith('provider')}
    return arrows


def sources(room):
    return sorted(glob.glob(os.path.join(TOP, room, '*.[ch]')))


def includes(path):
    with open(path, encoding='utf-8') as file:
        return re.findall(r'^#include "([^"]+)"', file.read(), re.M)


def allowed_libraries(arrows):
    """The libraries that each room may use: for tools/ from docs/architecture.md, where all rooms may use OpenSSL."""
    libraries = {room: set(names) for room, names in ALLOWED_LIBRARIES.items()}
    with open(os.path.join(TOP, 'docs', 'architecture.md'), encoding='utf-8') as file:
        rows = re.findall(r'^\| `(\w+)` \|[^|\n]*\|[^|\n]*\|([^|\n]*)\|$', file.read(), re.M)
    for room, names in rows:
        if f'tools/{room}' in arrows:
            libraries[f'tools/{room}'] = {name.split('(')[0].strip() for name in names.split(',') if name.strip()} | {'OpenSSL'}
    return libraries


def library_of_header(header):
    """The library that a header belongs to; '' for libc and the kernel, None if LIBRARIES does not know the header."""
    if SYSTEM.fullmatch(header):
        return ''
    return next((name for name, pattern in LIBRARIES.items() if re.fullmatch(pattern, header)), None)


def check_libraries(arrows):
    fine, allowed, count = True, allowed_libraries(arrows), 0
    for room in arrows:
        used = set()
        for path in sources(room):
            with open(path, encoding='utf-8') as file:
                headers = re.findall(r'^\s*#\s*include <([^>]+)>', file.read(), re.M)
            for header in headers:
                count += 1
                library = library_of_header(header)
                used.add(library)
                if library is None:
                    print(f'rooms.py: {os.path.relpath(path, TOP)}: <{header}> is of no library that is named in tests/rooms.py')
                    fine = False
                elif library and library not in allowed.get(room, ()):
                    print(f'rooms.py: {os.path.relpath(path, TOP)}: {room} may not use {library} (<{header}>)')
                    fine = False
        for library in allowed.get(room, set()) - used - {'OpenSSL'}:
            print(f'rooms.py: {room} does not use {library}, which it may')
            fine = False
        if room not in allowed:
            print(f'rooms.py: {room} has no row with its libraries')
            fine = False
    return fine and count > 0


def room_of_header(header, own, arrows):
    """The room of an included header: a folder below tools/ or provider/, or policy/."""
    folder = os.path.dirname(header)
    for candidate in (f'tools/{folder}', f'provider/{folder}'):
        if folder and candidate in arrows:
            return candidate
    if os.path.exists(os.path.join(TOP, own, header)):
        return own
    if own == PROOF and os.path.exists(os.path.join(TOP, 'provider/openssl', header)):
        return 'provider/openssl'
    return 'policy' if os.path.exists(os.path.join(TOP, 'policy', header)) else None


def found_arrows(arrows):
    """Yields (room, used room, file, header) for each #include."""
    for room in arrows:
        for path in sources(room):
            for header in includes(path):
                yield room, room_of_header(header, room, arrows), os.path.relpath(path, TOP), header


def is_circle_free(arrows):
    done, busy = set(), []

    def visit(room):
        if room in busy:
            print('rooms.py: a circle of rooms: ' + ' -> '.join(busy[busy.index(room):] + [room]))
            return False
        if room in done:
            return True
        busy.append(room)
        fine = all(visit(used) for used in sorted(arrows[room]))
        busy.pop()
        done.add(room)
        return fine

    return all(visit(room) for room in sorted(arrows))


def check(arrows):
    fine = is_circle_free(arrows)
    for folder in ('tools', 'provider'):
        known = {os.path.basename(room) for room in arrows if room.startswith(folder + '/')}
        for path in glob.glob(os.path.join(TOP, folder, '*', '*.c')):
            room = os.path.basename(os.path.dirname(path))
            if room not in known:
                print(f'rooms.py: {os.path.relpath(path, TOP)} is in no room')
                fine = False
    count = 0
    for room, used, path, header in found_arrows(arrows):
        count += 1
        if used is None:
            print(f'rooms.py: {path}: "{header}" is in no room')
            fine = False
        elif used != room and used not in arrows[room]:
            print(f'rooms.py: {path}: {room} may not use {used} ("{header}")')
            fine = False
        elif used == 'policy' and room != 'policy' and room.startswith('tools') and header != 'pinpolicy.h':
            print(f'rooms.py: {path}: rooms of tools/ meet policy/ at pinpolicy.h alone, not at "{header}"')
            fine = False
    if count == 0:
        print('rooms.py: no #include was found at all')
    return check_libraries(arrows) and fine and count > 0


def symbols(path):
    """The symbols that an object defines, and those that it needs from other objects."""
    listed = subprocess.run(['nm', '--format=posix', path], stdout=subprocess.PIPE, text=True, check=True)
    kinds = dict(line.split()[:2] for line in listed.stdout.splitlines() if line)
    return ({name for name, kind in kinds.items() if kind != 'U'}, {name for name, kind in kinds.items() if kind == 'U'})


def components(graph):
    """Strongly connected components of more than one node (Tarjan)."""
    index, low, stack, result = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for following in graph[node]:
            if following not in index:
                visit(following)
                low[node] = min(low[node], low[following])
            elif following in stack:
                low[node] = min(low[node], index[following])
        if low[node] == index[node]:
            component = []
            while not component or component[-1] != node:
                component.append(stack.pop())
            if len(component) > 1:
                result.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return result


def folder_of_object(path, build):
    """The source folder of an object made by CMake: before/CMakeFiles/target.dir/behind/file.c.o."""
    before, _, behind = os.path.relpath(path, build).partition('/CMakeFiles/')
    return os.path.normpath(os.path.join(before, os.path.dirname(behind.partition('.dir/')[2])))


def objects_of_rooms(build):
    """{room: {source name without ending: its object}}, without objects whose source no longer exists."""
    objects = collections.defaultdict(dict)
    for path in glob.glob(os.path.join(build, '**', '*.o'), recursive=True):
        room, source = folder_of_object(path, build), os.path.basename(path).removesuffix('.o')
        if os.path.exists(os.path.join(TOP, room, source)):
            objects[room][source.removesuffix('.c')] = path
    return objects


def circles(objects):
    of = {name: symbols(path) for name, path in objects.items()}
    graph = {name: [other for other in of if other != name and of[name][1] & of[other][0]] for name in of}
    return components(graph)


def show(arrows, build):
    uses = collections.defaultdict(set)
    for room, used, _, _ in found_arrows(arrows):
        if used not in (None, room):
            uses[room].add(used)
    objects = objects_of_rooms(build) if build else {}
    total, fine = 0, True
    for room in sorted(arrows, key=lambda room: (len(arrows[room]), room)):
        lines = 0
        for path in sources(room):
            with open(path, encoding='utf-8') as file:
                lines += sum(1 for _ in file)
        total += len(uses[room])
        print(f'{room:<16} {len(sources(room)):>4} files {lines:>6} lines  -> {" ".join(sorted(uses[room])) or "-"}')
        for circle in circles(objects.get(room, {})):
            print(f'{"":<16} circle: {" ".join(circle)}')
            fine = fine and len(circle) <= 2
    print(f'{total} arrows')
    if not fine:
        print('rooms.py: a circle of more than two files')
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--list', nargs='?', const='', metavar='BUILD')
    options = parser.parse_args()
    arrows = allowed_arrows()
    if options.list is not None:
        return 0 if show(arrows, options.list) else 1
    if not options.check:
        parser.error('expected --check or --list')
    return 0 if not options.check or check(arrows) else 1


if __name__ == '__main__':
    sys.exit(main())
