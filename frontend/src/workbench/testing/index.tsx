/** What the workbench's tests share. Never part of the product. */
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';

import { startI18n, switchLanguage, type Language } from '@/i18n/workbench/i18n';
import { HubProvider } from '@/sync-react';

import type { FakeHub } from './FakeHub';

export * from './builders';
export { anEntry, FakeHub } from './FakeHub';

let started: Promise<void> | undefined;

/** The words of one language, as screens have them. */
export async function speak(language: Language): Promise<void> {
  started ??= startI18n(language);
  await started;
  await switchLanguage(language);
}

/** A refusal is shown at once. */
const AT_ONCE = { defaultOptions: { queries: { retry: false } } };

/** Draws a part of the workbench over a hub in memory. */
export function draw(hub: FakeHub, children: ReactNode): RenderResult {
  return render(
    <MantineProvider env="test">
      <HubProvider hub={hub}>
        <QueryClientProvider client={new QueryClient(AT_ONCE)}>{children}</QueryClientProvider>
      </HubProvider>
    </MantineProvider>,
  );
}
