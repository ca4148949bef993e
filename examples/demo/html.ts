/** A piece of HTML that is put into a page as it is. */
export class Html {

  constructor(readonly text: string) {}

}

type Content = string | number | Html | readonly Html[] | false | undefined;

/**
 * Makes HTML from a template. Its values are escaped, unless they are HTML
 * themselves, so a visitor's name can't become markup.
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
