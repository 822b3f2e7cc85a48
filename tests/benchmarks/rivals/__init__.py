"""The page that dashboards are measured by, in what others use: the same figures by plain SQL, as a person
would write it who knows the marts. No part of the project: each runs in an environment of its own.
"""
