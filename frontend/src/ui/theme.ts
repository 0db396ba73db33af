/** Mantine wears our tokens: every colour it draws is one of ours. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e4eff1',
  '#cfe3e7',
  '#a8cad2',
  '#7fb0bc',
  '#5796a6',
  '#357d90',
  '#1c6e84',
  '#0f5b70',
  '#0b4a5c',
  '#083a48',
];

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol },
  defaultRadius: 6,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '11px', sm: '12px', md: '14px', lg: '16px', xl: '20px' },
  shadows: { xs: 'none', sm: 'none', md: 'var(--float)', lg: 'var(--float)', xl: 'var(--float)' },
  respectReducedMotion: true,
  autoContrast: false,
  components: {
    Menu: {
      defaultProps: {
        transitionProps: { duration: 0 },
        shadow: 'md',
        offset: 4,
        returnFocus: true, // the focus is never left on nothing
        withInitialFocusPlaceholder: false, // what a menu holds are items
      },
    },
    Popover: { defaultProps: { transitionProps: { duration: 0 }, shadow: 'md', offset: 4 } },
    Modal: { defaultProps: { transitionProps: { duration: 0 }, shadow: 'md', radius: 10 } },
  },
});

const ours = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--surface-3)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-disabled': 'var(--surface-2)',
  '--mantine-color-disabled-color': 'var(--text-3)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-primary-color-filled': 'var(--accent-fill)',
  '--mantine-primary-color-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-light': 'var(--accent-soft)',
  '--mantine-primary-color-light-hover': 'var(--accent-soft)',
  '--mantine-primary-color-light-color': 'var(--accent)',
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--mantine-line-height': 'var(--lh-ui)' },
  light: ours,
  dark: ours,
});
