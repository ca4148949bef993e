/**
 * Declares the messages of `ctx.flash()`, for applications that want them typed:
 *
 * ```typescript
 * declare module '@curveball/session' {
 *   interface FlashMessages {
 *     notice: string;
 *     error: { text: string; field?: string };
 *   }
 * }
 * ```
 *
 * Without a declaration, a message is of any kind, and its value is unknown.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface FlashMessages {}

/** The kinds of messages: those that the application has declared, or else any. */
export type FlashKind<Messages = FlashMessages> = keyof Messages extends never ? string : keyof Messages & string;

/** What a message of a kind says. */
export type FlashValue<Kind extends string, Messages = FlashMessages> = Kind extends keyof Messages ? Messages[Kind] : unknown;

/** A message that `ctx.flashes()` returns. */
export type FlashMessage<Messages = FlashMessages> = {
  [Kind in FlashKind<Messages>]: { readonly kind: Kind; readonly message: FlashValue<Kind, Messages> };
}[FlashKind<Messages>];
