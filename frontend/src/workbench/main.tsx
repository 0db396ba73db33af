/** Starts the agents' workbench. */
import '@mantine/core/styles.css';

import { MantineProvider, Title } from '@mantine/core';
import { createRoot } from 'react-dom/client';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');
createRoot(root).render(
  <MantineProvider>
    <Title order={1}>Hub</Title>
  </MantineProvider>,
);
