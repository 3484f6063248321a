# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Logs of Certificate Transparency (RFC 6962) with keys of our own, and their timestamps in certificates, OCSP responses and TLS."""

import base64
import calendar
import hashlib
import json
import struct
import time

from pinctl_case import openssl, read, write

LIST_IN_CERTIFICATE = bytes.fromhex("060a2b06010401d679020402")
LIST_IN_RESPONSE = bytes.fromhex("060a2b06010401d679020405")
DAY = 86400 * 1000


def parse(data):
    """DER as [[tag, contents]...]; the contents of what is constructed are such a list, others are bytes."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= 0x80:
            at, length = at + length - 0x80, int.from_bytes(data[at:at + length - 0x80], "big")
        contents = data[at:at + length]
        found.append([tag, parse(contents) if tag & 0x20 else contents])
        at += length
    return found


def encode(*nodes):
    made = b""
    for tag, contents in nodes:
        contents = contents if isinstance(contents, bytes) else encode(*contents)
        size = len(contents).to_bytes((len(contents).bit_length() + 7) // 8 or 1, "big")
        length = size if len(contents) < 0x80 else bytes([0x80 | len(size)]) + size
        made += bytes([tag]) + length + contents
    return made


def der(name):
    return openssl("x509", "-in", f"{name}.pem", "-outform", "der")


def key_of(name):
    return openssl("pkey", "-in", f"{name}.key", "-pubout", "-outform", "der")


def counted(data, size):
    return len(data).to_bytes(size, "big") + data


class Log:
    def __init__(self, name, word="usable", since=0, **members):
        """members: what stands in the list in place of the usual; None: nothing does."""
        self.name, self.word, self.since, self.members = name, word, since, members
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        self.key = key_of(name)
        self.id = hashlib.sha256(self.key).digest()

    def json(self):
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since / 1000))
        usual = {"description": f"Log {self.name}", "log_id": base64.b64encode(self.id).decode(),
                 "key": base64.b64encode(self.key).decode(), "url": "https://log.example/", "mmd": 86400,
                 "state": {self.word: {"timestamp": since}}}
        return {name: value for name, value in {**usual, **self.members}.items() if value is not None}

    def timestamp(self, entry, at, more=b""):
        """entry: what the log was given, with its type in front; more: the timestamp's extensions."""
        data = b"\0\0" + struct.pack(">Q", at) + entry + counted(more, 2)
        signature = openssl("dgst", "-sha256", "-sign", f"{self.name}.key", data=data)
        return b"\0" + self.id + struct.pack(">Q", at) + counted(more, 2) + b"\4\3" + counted(signature, 2)

    def of_certificate(self, name, at):
        return self.timestamp(b"\0\0" + counted(der(name), 3), at)

    def of_precertificate(self, name, issuer, at, more=b""):
        """Of a certificate that has no timestamps yet: signing that is what RFC 6962, 3.2 asks for."""
        contents = encode(parse(der(name))[0][1][0])
        return self.timestamp(b"\0\1" + hashlib.sha256(key_of(issuer)).digest() + counted(contents, 3), at, more)


def log_list(name, *operators):
    return write(name, json.dumps({"version": "1", "operators": [
        {"name": f"Operator {i}", "logs": [log.json() for log in logs[:1]], "tiled_logs": [log.json() for log in logs[1:]]}
        for i, logs in enumerate(operators)]}))


def in_list(timestamps):
    return counted(b"".join(counted(timestamp, 2) for timestamp in timestamps), 2)


def extension(identifier, timestamps):
    return [0x30, [*parse(identifier), [0x04, encode([0x04, in_list(timestamps)])]]]


def sign(name, issuer, contents, algorithm):
    signature = openssl("dgst", "-sha256", "-sign", f"{issuer}.key", data=encode(contents))
    made = encode([0x30, [contents, algorithm, [0x03, b"\0" + signature]]])
    write(f"{name}.pem", openssl("x509", "-inform", "der", data=made))


def embed(name, issuer, timestamps):
    """Has the certificate issued anew, with these in it."""
    ((_, (contents, algorithm, _)),) = parse(der(name))
    contents[1][-1][1][0][1].append(extension(LIST_IN_CERTIFICATE, timestamps))
    sign(name, issuer, contents, algorithm)


def redate(name, issuer, begins, days):
    """Has the certificate issued anew, to begin on this day (YYYY-MM-DD) and to hold so many days."""
    ((_, (contents, algorithm, _)),) = parse(der(name))
    begun = calendar.timegm(time.strptime(begins, "%Y-%m-%d"))
    contents[1][4][1] = [[0x18, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(moment)).encode()]
                         for moment in (begun, begun + days * 86400 - 1)]
    sign(name, issuer, contents, algorithm)


def staple(name, issuer, timestamps):
    """Puts them into NAME.der, an OCSP response that the issuer signed."""
    response = parse(read(f"{name}.der"))
    holder = response[0][1][1][1][0][1][1]
    ((_, (contents, algorithm, _)),) = parse(holder[1])
    (answers,) = [part for part in contents[1] if part[0] == 0x30]
    answers[1][0][1].append([0xa1, [[0x30, [extension(LIST_IN_RESPONSE, timestamps)]]]])
    signature = openssl("dgst", "-sha256", "-sign", f"{issuer}.key", data=encode(contents))
    holder[1] = encode([0x30, [contents, algorithm, [0x03, b"\0" + signature]]])
    write(f"{name}.der", encode(*response))


def server_info(name, timestamps):
    """NAME.info: what openssl s_server -serverinfo sends, in ServerHello up to TLS 1.2 and with the certificate in 1.3."""
    context = struct.pack(">I", 0x80 | 0x100 | 0x1000)
    body = base64.encodebytes(context + struct.pack(">H", 18) + counted(in_list(timestamps), 2)).decode()
    write(f"{name}.info", f"-----BEGIN SERVERINFOV2 FOR CT-----\n{body}-----END SERVERINFOV2 FOR CT-----\n")
