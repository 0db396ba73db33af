/** The few lines a customer's website loads: they fetch the widget itself only when it is wanted. */
const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  document.documentElement.dataset.hub = new URL('.', script.src).href;
}
