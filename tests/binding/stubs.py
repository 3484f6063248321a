#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Writes the assembler part of a program that exports every function that the given libraries import or define.

    stubs.py --output FILE --nm NM LIBRARY...

Each function asks exported_check() (exports.c) who calls it, and continues with the real function. Left out: data; names
that nothing defines; the functions that our libraries may import from anybody (IMPORTS); and the functions that every
program needs to start (START)."""

import argparse
import re
import subprocess

# The only list of what our libraries may import; imports_test.py reads it too. docs/architecture.md gives the reasons.
IMPORTS = {'malloc', 'calloc', 'realloc', 'reallocarray', 'free', 'dlsym'}
START = {'main', '_start', '_init', '_fini', '__libc_start_main', '_ITM_deregisterTMCloneTable', '_ITM_registerTMCloneTable',
         '__gmon_start__'}
# Functions of ours that the program, or OpenSSL, is meant to call.
MEANT = {'OSSL_provider_init', 'CRYPTO_new_ex_data', 'X509_STORE_CTX_init', 'X509_STORE_CTX_set_ex_data',
         'X509_verify_cert', 'X509_check_host', 'X509_check_ip', 'X509_check_ip_asc', 'getaddrinfo', 'getaddrinfo_a', 'gai_cancel',
         'gai_error', 'gai_suspend', 'gethostbyname', 'gethostbyname2', 'gethostbyname2_r',
         'gethostbyname_r', 'gnutls_ext_register', 'gnutls_handshake', 'gnutls_handshake_set_hook_function',
         'gnutls_handshake_set_max_packet_length', 'gnutls_init', 'gnutls_record_get_max_early_data_size',
         'gnutls_record_send_early_data', 'gnutls_server_name_set', 'gnutls_session_get_data', 'gnutls_session_get_data2',
         'gnutls_session_set_data', 'gnutls_session_set_verify_cert', 'gnutls_session_set_verify_cert2', 'pinning_gnutls_attach'}

COMMON = '''
  .text
  .type exported_common, @function
exported_common:
  pushq %rbp
  movq %rsp, %rbp
  subq $192, %rsp
  andq $-16, %rsp
{save}
  movl %r11d, %edi
  movq 8(%rbp), %rsi
  call exported_check
  movq %rax, %r11
{restore}
  movq %rbp, %rsp
  popq %rbp
  jmp *%r11
'''


def nm(options, flag, library):
    done = subprocess.run([options.nm, '-D', flag, library], stdout=subprocess.PIPE, text=True, check=True)
    return [(line.split()[-2], line.split()[-1].split('@')[0]) for line in done.stdout.splitlines()]


def loaded_by(library):
    """The paths of the libraries that are loaded with this one, libc among them."""
    done = subprocess.run(['ldd', library], stdout=subprocess.PIPE, text=True, check=True)
    return re.findall(r'(/\S+) \(0x', done.stdout)


def functions(options):
    """(all names, the names that a library of ours, or one that it brings, defines)"""
    wanted, defined, known = set(), set(), set()
    for library in options.libraries:
        wanted |= {name for kind, name in nm(options, '--undefined-only', library)}
        ours = {name for kind, name in nm(options, '--defined-only', library) if kind in 'TWi'}
        defined |= ours
        for needed in loaded_by(library):
            known |= {name for kind, name in nm(options, '--defined-only', needed) if kind in 'TWi'}
    names = ((wanted & known) | defined) - IMPORTS - START
    return sorted(name for name in names - MEANT if not name.startswith('GLIBC_')), sorted(defined - START - MEANT)


def save_and_restore():
    save, restore = [], []
    for i, register in enumerate(('rax', 'rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9')):
        save.append(f'  movq %{register}, {8 * i}(%rsp)')
        restore.append(f'  movq {8 * i}(%rsp), %{register}')
    for i in range(8):
        save.append(f'  movups %xmm{i}, {64 + 16 * i}(%rsp)')
        restore.append(f'  movups {64 + 16 * i}(%rsp), %xmm{i}')
    return '\n'.join(save), '\n'.join(restore)


def table(file, name, entries):
    print(f'  .section .rodata\n  .balign 8\n  .globl {name}_count\n{name}_count: .quad {len(entries)}', file=file)
    print(f'  .section .data.rel.ro, "aw"\n  .balign 8\n  .globl {name}\n{name}:', file=file)
    for i in range(len(entries)):
        print(f'  .quad .L{name}{i}', file=file)
    print('  .section .rodata', file=file)
    for i, entry in enumerate(entries):
        print(f'.L{name}{i}: .asciz "{entry}"', file=file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--output', required=True)
    parser.add_argument('--nm', default='nm')
    parser.add_argument('--tables-only', action='store_true', help='the tables of names, without the functions')
    parser.add_argument('libraries', nargs='+')
    options = parser.parse_args()
    names, defined = functions(options)
    save, restore = save_and_restore()
    with open(options.output, 'w', encoding='utf-8') as file:
        table(file, 'exported_names', names)
        table(file, 'our_names', defined)
        if not options.tables_only:
            print(COMMON.format(save=save, restore=restore), file=file)
            for i, name in enumerate(names):
                print(f'  .globl {name}\n  .type {name}, @function\n{name}:\n  endbr64\n  movl ${i}, %r11d\n'
                      f'  jmp exported_common\n  .size {name}, .-{name}', file=file)
        print('  .section .note.GNU-stack, "", @progbits', file=file)


if __name__ == '__main__':
    main()
