/*
 * What the pages do beyond forms and links. They also work without this script.
 */

import type { LiveEvent } from './live.js';

/** The user for whom this page was made: '' for no user, undefined if that does not matter. */
const madeFor = document.body.dataset.name;

if (madeFor !== undefined) watch();
if (madeFor) keepFromBack();
if (madeFor) enhanceCounter();

/** Notices at once that another tab has signed in or out, or that another device has ended the session. */
function watch(): void {

  let events: EventSource | undefined;
  const listen = () => {
    events?.close();
    // Hidden pages do not listen: most browsers keep six connections to a server at most.
    events = document.visibilityState === 'visible' ? listenTo('/events') : undefined;
  };
  document.addEventListener('visibilitychange', listen);
  // That this page's own form signs out is no news.
  document.addEventListener('submit', event => {
    if (!event.defaultPrevented) events?.close();
  });
  listen();

}

function listenTo(address: string): EventSource {

  const events = new EventSource(address);
  events.addEventListener('message', ({ data }) => {
    const { name, news } = JSON.parse(data) as LiveEvent;
    // Nothing more will come, and the browser would ask again and again.
    if (name === '') events.close();
    element('news').textContent = name === '' ? news : `You have signed in as ${name} in another tab.`;
    element('notice').hidden = name === madeFor;
  });
  return events;

}

/**
 * "Back" may show a page from memory, without asking the server, whatever its
 * headers say: even to the next person at the browser, after a sign-out.
 */
function keepFromBack(): void {

  window.addEventListener('pagehide', event => {
    document.body.hidden = event.persisted;
  });
  window.addEventListener('pageshow', event => {
    if (event.persisted) location.reload();
  });

}

function enhanceCounter(): void {

  const form = element<HTMLFormElement>('clicks');
  const count = element('count');
  const report = element('clicked');
  const click20 = element<HTMLButtonElement>('click-20');

  form.addEventListener('submit', event => {
    event.preventDefault();
    void click(1);
  });
  click20.hidden = false;
  click20.addEventListener('click', () => click(20));

  async function click(times: number): Promise<void> {

    const token = new FormData(form).get('csrf-token') as string;
    const results = await Promise.allSettled(Array.from({ length: times }, () => sendClick(token)));
    const counted = results.filter(result => result.status === 'fulfilled').length;
    report.textContent = `${counted} of ${times} counted`;
    report.classList.toggle('error', counted < times);

  }

  async function sendClick(token: string): Promise<void> {

    const response = await fetch(form.action, {
      method: 'POST',
      headers: { 'Accept': 'application/json', 'X-CSRF-Token': token },
    });
    if (!response.ok) throw new Error(`The click was refused: ${response.status}`);
    const { clicks } = await response.json() as { clicks: number };
    // Answers overtake each other: the highest is the latest.
    count.textContent = String(Math.max(clicks, Number(count.textContent)));

  }

}

function element<T extends HTMLElement>(id: string): T {

  return document.getElementById(id) as T;

}
