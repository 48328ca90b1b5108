// A reader of server-sent events (WHATWG HTML, 9.2.6). The browser's own EventSource says neither
// why it failed nor with what status, so a log-in that ran out would look like a broken line.

export interface ServerEvent { id: string; event: string; data: string }

export class SseParser {
  private rest = '';
  private data: string[] = [];
  private event = '';
  private id = '';

  constructor(private readonly emit: (event: ServerEvent) => void) {}

  push(text: string): void {
    this.rest += text;
    let from = 0;
    for (;;) {
      const end = this.rest.indexOf('\n', from);
      if (end < 0) break;
      const stop = end > from && this.rest.charCodeAt(end - 1) === 13 ? end - 1 : end;
      this.line(this.rest.slice(from, stop));
      from = end + 1;
    }
    this.rest = this.rest.slice(from);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length) this.emit({ id: this.id, event: this.event || 'message', data: this.data.join('\n') });
      this.data = [];
      this.event = '';
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id') this.id = value;
  }
}
