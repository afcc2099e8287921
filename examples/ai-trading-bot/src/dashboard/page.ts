import type { Identity } from '@baton/sdk';
import { headline, tagline } from './wording.ts';

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The one page: who answers, and the tick stream to watch a switch of versions by. */
export const page = ({ release, slot, instance }: Identity): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(headline)}</title>
<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:40rem}code{font-size:1.1em}</style>
<h1>${escaped(headline)}</h1>
<p>${escaped(tagline)}.</p>
<p>Release <code>${release}</code>, slot <code>${escaped(slot)}</code>, instance <code>${escaped(instance.slice(0, 8))}</code></p>
<p>Events: <code id="events">waiting</code></p>
<script>
  new EventSource('/events').onmessage = (event) => { document.getElementById('events').textContent = event.data; };
</script>
</html>
`;
