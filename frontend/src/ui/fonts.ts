/** The fonts that travel with the app: Latin at once, Chinese by slices as they are needed. */
import '@fontsource-variable/inter';

/** A fresh machine may have no Chinese font at all; the declarations alone are large, so they come after the first paint. */
export async function loadChineseFont(): Promise<void> {
  await import('@fontsource-variable/noto-sans-sc');
}
