/** For what nobody waits for: begins once the frame that is being prepared has been painted. */
export function afterPaint(run: () => void): void {
  requestAnimationFrame(() => setTimeout(run));
}
