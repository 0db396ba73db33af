/** Starts the chat widget inside its own shadow tree. */
import { render } from 'preact';

const host = document.createElement('div');
document.body.append(host);
render(<p>Hub</p>, host.attachShadow({ mode: 'open' }));
