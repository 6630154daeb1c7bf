// Reads an accepted socket into one buffer that is used again and again. With 'data' events Node allocates 64 KiB for every read, which
// cost 0.9 CPU s/GB here; read into a buffer of ours a gigabyte costs 0.14 (2 GiB over a Unix socket, Node 24.21, Debian 12).
//
// Node offers this as the `onread` option of net.Socket, but net.Server makes its sockets itself and has no such option. So the accepted
// socket, which was accepted paused and has read nothing, gives its handle to a socket of ours: the constructor option `handle` by which
// net.Server, cluster and child_process make theirs. It is not in the documentation; where it is missing we fall back to 'data' events,
// and a spec tells when a new version of Node makes us do so.
import { Socket, type SocketConstructorOpts } from 'node:net';

/** What a Unix socket hands out at once at most is its buffer, 208 KiB by default. */
const READ_BYTES = 256 * 1024;

interface HasHandle {
  _handle: object | null;
}

/**
 * @param accepted from a server with `pauseOnConnect`; not to be used any more
 * @param take gets the bytes; they are valid until it returns or, if it pauses the socket, until it resumes it
 * @returns the socket to use; it reads at once
 */
export function readIntoBuffer(accepted: Socket, take: (bytes: Uint8Array) => void): Socket {
  const handle = takeHandle(accepted);
  if (handle === null) {
    return accepted.on('data', take);
  }
  const options: Omit<SocketConstructorOpts, 'handle'> & { handle: object } = {
    handle,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (count, buffer) => {
        take(buffer.subarray(0, count));
        return true; // pausing the socket is what stops reading
      },
    },
  };
  return new Socket(options as SocketConstructorOpts);
}

function takeHandle(accepted: Socket): object | null {
  if (!hasHandle(accepted)) return null;
  const handle = accepted._handle;
  accepted._handle = null;
  accepted.destroy(); // an empty shell: the server counts one connection less
  return handle;
}

function hasHandle(socket: object): socket is HasHandle {
  return '_handle' in socket && typeof socket._handle === 'object';
}
