/** What the loader hands to the app: the place it may draw in, and what the host page said. */

export type Options = {
  readonly channel: string;
  readonly lang: string;
  readonly colour: string;
  readonly theme: string;
};

export type Identity = { readonly name?: string; readonly email?: string; readonly phone?: string };

export type Place = {
  /** Where the hub lives. */
  readonly base: URL;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly options: Options;
  readonly identity: Identity;
};

/** What the app gives back. */
export type Panel = {
  open(): void;
  close(): void;
  identify(identity: Identity): void;
};

/** A sheet made this way is allowed on pages whose policy forbids inline styles. */
export function addStyle(root: ShadowRoot, text: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
