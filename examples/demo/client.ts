/*
 * What the pages do beyond forms and links. They also work without this script.
 */

/** The user for whom this page was made: '' for no user, undefined if that does not matter. */
const madeFor = document.body.dataset.name;

if (madeFor !== undefined) watch();
if (madeFor) keepFromBack();
if (madeFor) enhanceCounter();

/** Notices a sign-in or sign-out in another tab, and a sign-out of this device from another one. */
function watch(): void {

  // Only while the page is visible: each request keeps the session alive.
  const check = () => document.visibilityState === 'visible' && checkStatus();
  document.addEventListener('visibilitychange', check);
  setInterval(check, 5000);

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

async function checkStatus(): Promise<void> {

  const response = await fetch('/status', { headers: { Accept: 'application/json' } }).catch(() => null);
  // Without an answer, it is unknown who is signed in.
  if (!response?.ok) return;
  const { name } = await response.json() as { name: string };
  element('notice').hidden = name === madeFor;
  element('news').textContent = name === ''
    ? 'You have been signed out, in another tab or from another device.'
    : `You have signed in as ${name} in another tab.`;

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
    if (counted < times) await checkStatus();

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
