/** The stylesheet: one column of cards, light or dark as the visitor's system is. */
export const styles = /* css */ `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f2ea, #131614);
  --card: light-dark(#fffefb, #1c211e);
  --line: light-dark(#e2dccd, #313934);
  --text: light-dark(#21261f, #e9ece6);
  --quiet: light-dark(#5f6459, #a1aaa1);
  --field: light-dark(#faf8f2, #141816);
  --edge: light-dark(#8f9486, #6a756d);
  --button: light-dark(#f3efe4, #29302c);
  --accent: light-dark(#1d6a45, #76d0a0);
  --on-accent: light-dark(#ffffff, #07251a);
  --bad: light-dark(#b4262c, #f58b8c);
  --shade: light-dark(#3b371f14, #00000040);
  --notice: light-dark(#fff0d2, #382e17);
  --notice-line: light-dark(#dfb458, #7d6530);
}

* { box-sizing: border-box; }
[hidden] { display: none !important; }

body {
  max-width: 36rem;
  min-height: 100svh;
  margin: 0 auto;
  padding: 1.25rem 1.25rem 2rem;
  display: flex;
  flex-direction: column;
  gap: 1.5rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}

header, .buttons {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: .75rem;
}
header { flex-wrap: nowrap; justify-content: space-between; min-height: 2.75rem; }

.brand {
  display: flex;
  align-items: center;
  gap: .6rem;
  color: inherit;
  font-weight: 650;
  text-decoration: none;
}

main { display: grid; gap: 1.25rem; }
main:has(> .card:only-child) { flex: 1; align-content: center; padding-bottom: 12svh; }

h1, h2, p { margin: 0; text-wrap: balance; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }
h1 + p { margin-top: .35rem; }
h2 { font-size: 1.1rem; line-height: 1.3; }

.card {
  display: grid;
  gap: .4rem;
  padding: 1.5rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: var(--card);
  box-shadow: 0 1px 2px var(--shade), 0 12px 32px -16px var(--shade);
}
.card form { display: grid; gap: .5rem; margin-top: .75rem; }
.card .buttons { margin-top: .5rem; }
.buttons form { display: contents; }

.hint, footer { color: var(--quiet); text-wrap: pretty; }
.done { color: var(--accent); font-size: .9rem; }
.error { color: var(--bad); font-size: .9rem; }
footer { margin-top: auto; font-size: .85rem; text-align: center; }

label { font-size: .9rem; font-weight: 600; }

input, textarea, button, .button {
  padding: .6rem 1rem;
  border: 1px solid var(--edge);
  border-radius: .6rem;
  font: inherit;
  color: inherit;
}
input, textarea { width: 100%; padding-inline: .8rem; background: var(--field); }
textarea { resize: vertical; }
.check { display: flex; align-items: center; gap: .6rem; padding-block: .25rem; font-weight: 400; }
.check input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }

button, .button {
  border-color: var(--line);
  background: var(--button);
  font-weight: 600;
  line-height: 1.4;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { filter: contrast(.94); }
button:active, .button:active { transform: translateY(1px); }
.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); }
.wide { margin-top: .5rem; }

:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
:is(input, textarea, #messages):focus-visible { outline-width: 2px; outline-offset: -1px; }

.count { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; }
#count {
  min-width: 1ch;
  font-size: clamp(3.5rem, 18vw, 5rem);
  font-weight: 700;
  font-variant-numeric: tabular-nums;
  line-height: 1;
  letter-spacing: -.03em;
}

.devices { margin: .5rem 0 0; padding: 0; list-style: none; }
.devices li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: .5rem 1rem;
  padding-block: .75rem;
  border-top: 1px solid var(--line);
}
.devices p { text-wrap: wrap; }
.devices li > div { flex: 1 1 14rem; }
.devices form { margin: 0; }
.devices button { padding-block: .4rem; }
.details { color: var(--quiet); font-size: .9rem; }
.badge {
  padding: .1rem .5rem;
  border-radius: 1rem;
  background: var(--button);
  color: var(--accent);
  font-size: .8rem;
  font-weight: 600;
  white-space: nowrap;
}

#messages, #notice {
  padding: .75rem 1.25rem;
  border: 1px solid var(--accent);
  border-radius: 1rem;
  font-weight: 600;
}
#messages { color: var(--accent); }
#notice {
  position: sticky;
  top: .75rem;
  z-index: 1;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: .5rem 1rem;
  padding-right: .75rem;
  border-color: var(--notice-line);
  background: var(--notice);
}
#news { flex: 1 1 12rem; }

@media (max-width: 28rem) {
  .buttons :is(button, .button) { flex: 1 1 auto; }
}
`;
