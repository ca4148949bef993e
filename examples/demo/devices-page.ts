import type { Device } from './devices.js';
import { type Html, html } from './html.js';
import { type Page, token } from './page.js';

interface Devices {
  csrf: string;
  name: string;
  devices: Device[];
  messages: string[];
}

/** "Your devices": where a user is signed in (OWASP ASVS 5.0, 7.5.2). */
export function devicesPage({ csrf, name, devices, messages }: Devices): Page {

  return {
    title: 'Your devices',
    name,
    csrf,
    messages,
    main: html`
      <section class="card">
        <h1>Your devices</h1>
        <p class="hint">Where you are signed in. A device that you sign out here notices at once.</p>
        <ul class="devices">${devices.map(device => item(device, token(csrf)))}</ul>
        ${devices.length === 1 && html`<p class="hint">You are signed in nowhere else.</p>`}
        <div class="buttons">
          ${devices.length > 1 && html`
          <form method="post" action="/devices/end-others">${token(csrf)}<button>Sign out everywhere else</button></form>`}
          <a class="button" href="/">Back</a>
        </div>
      </section>`,
  };

}

function item({ handle, isThis, metadata: { device, address }, createdAt, seenAt }: Device, hidden: Html): Html {

  return html`
    <li>
      <div>
        <p><strong>${device}</strong> ${isThis && html`<span class="badge">This device</span>`}</p>
        <p class="details">${address} · Last seen ${ago(seenAt)}</p>
        <p class="details">Signed in ${ago(createdAt)}</p>
      </div>
      ${!isThis && html`<form method="post" action="/devices/end">
        ${hidden}<input type="hidden" name="handle" value="${handle}">
        <button aria-label="Sign out ${device}, ${address}">Sign out</button>
      </form>`}
    </li>`;

}

const inWords = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** @param timestamp Unix timestamp in seconds */
function ago(timestamp: number): Html {

  const seconds = Math.max(0, Date.now() / 1000 - timestamp);
  return html`<time datetime="${new Date(timestamp * 1000).toISOString()}">${words(seconds)}</time>`;

}

function words(seconds: number): string {

  if (seconds < 60) return 'just now';
  if (seconds < 3600) return inWords.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return inWords.format(-Math.floor(seconds / 3600), 'hour');
  return inWords.format(-Math.floor(seconds / 86_400), 'day');

}
