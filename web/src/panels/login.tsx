// The log-in: a key for a session cookie.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app';
import * as state from '../model/state';
import * as api from '../stream/api';

export function Login({ app }: { app: App }) {
  const [failed, setFailed] = useState('');
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? '';
    if (!key) return;
    setBusy(true);
    setFailed('');
    try {
      await api.logIn(key);
      state.loginNeeded.value = false;
      await app.start();
    } catch (error) {
      setFailed(error instanceof api.ApiError && error.status === 401 ? 'This key is not known.' : String(error instanceof Error ? error.message : error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="veil">
      <div class="dialog" role="dialog" aria-modal="true" aria-labelledby="login-title" data-testid="login">
      <form class="login" onSubmit={(event) => void submit(event)}>
        <h2 id="login-title">Log in</h2>
        <p>This picture is for those who have a key. It begins with <code>dk_</code> and comes from whoever runs the service.</p>
        <label>Key<input ref={input} type="password" name="key" autocomplete="current-password" data-testid="login-key" /></label>
        {failed && <p class="failed" role="alert">{failed}</p>}
        <button type="submit" class="primary" disabled={busy}>{busy ? 'Logging in…' : 'Log in'}</button>
      </form>
      </div>
    </div>
  );
}
