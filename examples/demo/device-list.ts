import type { Device } from './devices.js';
import { type Html, html } from './html.js';

/**
 * @param devices null if the store can't find them
 * @param token the hidden field of each form
 */
export function deviceList(devices: Device[] | null, token: Html): Html {

  return html`
    <section class="card" id="devices" aria-labelledby="devices-title">
      <h2 id="devices-title">Your devices</h2>
      ${devices ? listOf(devices, token) : html`
        <p class="hint">Left out: the store that this demo was started with does not find the sessions of a user.</p>`}
    </section>`;

}

function listOf(devices: Device[], token: Html): Html {

  return html`
    <p class="hint">Where you are signed in. A device that you sign out here is signed out at its next request.</p>
    <ul class="devices">${devices.map(device => item(device, token))}</ul>
    ${devices.length > 1
      ? html`<form method="post" action="/devices/end-others">${token}
          <div class="buttons"><button>Sign out everywhere else</button></div></form>`
      : html`<p class="hint">You are signed in nowhere else.</p>`}`;

}

function item({ handle, isThis, metadata: { device, address }, createdAt, seenAt }: Device, token: Html): Html {

  return html`
    <li>
      <div>
        <p><strong>${device}</strong> ${isThis && html`<span class="badge">This device</span>`}</p>
        <p class="details">${address} · Last seen ${ago(seenAt)}</p>
        <p class="details">Signed in ${ago(createdAt)}</p>
      </div>
      ${!isThis && html`<form method="post" action="/devices/end">
        ${token}<input type="hidden" name="handle" value="${handle}">
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
