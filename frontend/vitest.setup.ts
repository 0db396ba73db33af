/** What a browser has and jsdom has not, for the workbench's tests. */
import '@testing-library/jest-dom/vitest';
import 'fake-indexeddb/auto';

import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(() => {
  cleanup();
});

// Mantine asks for the colour scheme and measures its elements.
window.matchMedia = (query: string): MediaQueryList => {
  const media = new EventTarget() as MediaQueryList;
  return Object.assign(media, {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
};

window.ResizeObserver = class {
  observe(): void {
    /* jsdom lays nothing out, so no size ever changes */
  }
  unobserve(): void {
    /* as above */
  }
  disconnect(): void {
    /* as above */
  }
};

Element.prototype.scrollIntoView = () => undefined;
