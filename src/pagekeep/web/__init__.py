"""The pages people see. Thin: parse, call a service or a query, render a template."""
