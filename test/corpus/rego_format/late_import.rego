package tast
			ds.and
				import future.keywords