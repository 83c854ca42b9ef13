# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Between the members of a cluster of etcd: each is reached by the others over a port of this process, which can cut one off from
them in both directions, while its clients still reach it.

`peer_proxy.py PORT...` has the ports of the members, and prints those for their peers. It reads orders: `cut INDEX ID` with the id
of the member in hexadecimal, and `heal`; each is answered with a line once it is done.
"""

import asyncio
import sys

FROM = b"x-server-from:"


class Proxy:
    def __init__(self):
        self.cut = None
        self.identity = b""
        # The writers of each connection, with the member that it is to and the one that it is from.
        self.open = {}

    def is_cut(self, target, source):
        return self.cut is not None and (target == self.cut or source == self.identity)

    async def serve(self, target, port, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = [line for line in head.lower().split(b"\r\n") if line.startswith(FROM)]
            source = fields[0].removeprefix(FROM).strip() if fields else b""
            if self.is_cut(target, source):
                return
            others, other = await asyncio.open_connection("127.0.0.1", port)
            self.open[writer] = (other, target, source)
            other.write(head)
            await asyncio.gather(self.copy(reader, other), self.copy(others, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            if writer in self.open:
                self.open.pop(writer)[0].close()
            writer.close()

    async def copy(self, reader, writer):
        try:
            while part := await reader.read(65536):
                writer.write(part)
                await writer.drain()
        finally:
            writer.close()

    def obey(self, words):
        self.cut, self.identity = (int(words[1]), words[2].encode()) if words[0] == "cut" else (None, b"")
        for writer, (other, target, source) in list(self.open.items()):
            if self.is_cut(target, source):
                other.transport.abort()
                writer.transport.abort()


async def main(ports):
    proxy = Proxy()
    servers = [
        await asyncio.start_server(
            lambda reader, writer, index=index, port=port: proxy.serve(index, port, reader, writer), "127.0.0.1", 0)
        for index, port in enumerate(ports)]
    print(" ".join(str(server.sockets[0].getsockname()[1]) for server in servers), flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        proxy.obey(line.decode().split())
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
