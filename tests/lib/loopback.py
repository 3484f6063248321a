# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The server that all tests written in Python share."""

import socket
import threading


class Server:
    """
    Accepts connections on a port of its own, and calls `serve` for each in a thread. If the client breaks the connection
    off (OSError), the thread just ends.
    """

    def __init__(self, serve, address="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.bind((address, port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.serve = serve
        self.open = []
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self.run, args=(connection,), daemon=True).start()

    def run(self, connection):
        try:
            connection.settimeout(20)
            self.serve(connection)
        except OSError:
            pass

    def close(self):
        # Ends accept(2) now. Otherwise the next server could get the same descriptor number, and this accept(2) would
        # take its connections.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.accepting.join(20)
        self.listener.close()
        for connection in self.open:
            connection.close()
