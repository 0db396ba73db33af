/** The line to the hub over the browser's WebSocket. */
import type { OpenSocket } from './ports';

export function openSocketTo(path: string): OpenSocket {
  return ({ opened, heard, closed }) => {
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    let over = false;
    socket.onopen = () => opened();
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (!over && typeof event.data === 'string') heard(event.data);
    };
    socket.onclose = () => {
      if (over) return;
      over = true;
      closed();
    };
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => {
        over = true;
        socket.close();
      },
    };
  };
}
