/** A piece of HTML that may stand in a page as it is. */
export class Html {

  constructor(readonly text: string) {}

}

type Content = string | number | Html | readonly Html[] | false | undefined;

/**
 * Makes HTML of a template. What is put into it is escaped, unless it is HTML
 * itself: a visitor's name can't become markup, whoever writes the page.
 */
export function html(template: TemplateStringsArray, ...values: Content[]): Html {

  return new Html(template.reduce((text, part, at) => text + render(values[at - 1]) + part));

}

function render(value: Content): string {

  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  if (value === undefined || value === false) return '';
  return String(value).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);

}
