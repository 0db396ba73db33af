/** The fonts that travel with the app: Latin at once, Chinese by slices as they are needed. */
import '@fontsource-variable/inter';
import chinese from '@fontsource-variable/noto-sans-sc/index.css?url';

/** A fresh machine may have no Chinese font at all; the declarations alone are large, so they come after the first paint. */
export const chineseFontUrl: string = new URL(chinese, window.location.href).href;

export function loadChineseFont(): void {
  if (document.querySelector(`link[href="${chineseFontUrl}"]`) !== null) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = chineseFontUrl;
  document.head.append(link);
}
