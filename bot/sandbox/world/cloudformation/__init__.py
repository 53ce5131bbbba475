"""CloudFormation, good enough for the CDK's own CLI: templates, change sets, stacks, and a table of resource types."""
