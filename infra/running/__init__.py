"""What the stacks of compute and consumers are made of: services, groups, a load balancer, and their permissions."""
