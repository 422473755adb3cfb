"""Social security: resident pensions and medical insurance of the counties."""

from tongqu.sectors.social_security.sector import SocialSecurity, sector

__all__ = ["SocialSecurity", "sector"]
